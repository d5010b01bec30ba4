/** Values in pieces: they come back as they were, and whatever is done to one is found out and told by its row. */
import { createHash, hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Passphrase } from './encryption.ts';
import { FORMAT_VERSION, HEAD, type Head, headFrame, PIECED_VERSION, sealText } from './format.ts';
import { LARGE_VALUE, LargeValue } from './large-value.ts';
import { inPieces, PIECE_BYTES, summedRow } from './pieces.ts';
import { RowStreamReader } from './reader.ts';
import { testHeader } from './test-header.ts';
import type { Row } from './values.ts';
import { RowStreamWriter } from './writer.ts';

const COLUMNS = [
  { name: 'id', type: 'bigint' },
  { name: 'content', type: 'binary' },
  { name: 'message', type: 'text' },
];
const HEADER = testHeader([{ name: 'artifacts', key: ['id'], columns: COLUMNS }], PIECED_VERSION);
const CONTENT = Buffer.alloc(3 * PIECE_BYTES + 17, 'content');
const MESSAGE = 'ž\u{1f438}"\\\u0001'.repeat(LARGE_VALUE / 5);
const ROWS: Row[] = [
  [1n, Buffer.from('small'), 'small'],
  [2n, CONTENT, MESSAGE],
  [3n, Buffer.alloc(LARGE_VALUE, 7), 'x'.repeat(LARGE_VALUE + 1)],
  [4n, Buffer.from('small'), null],
];

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-pieces-'));
  file = join(directory, 'a.rows.zst');
});
afterEach(() => rmSync(directory, { recursive: true }));

async function write(passphrase?: Passphrase): Promise<void> {
  const writer = await RowStreamWriter.create(file, HEADER, { key: await passphrase?.fresh() });
  for (const row of ROWS) {
    const summed = await summedRow(COLUMNS, row);
    if (summed.some((value) => value instanceof LargeValue)) await writer.writePieced(0, summed);
    else await writer.write(0, [row]);
  }
  await writer.endBatch();
  await writer.finish();
}

async function read(passphrase?: Passphrase): Promise<unknown[][]> {
  const reader = await RowStreamReader.open(file, { passphrase });
  try {
    await reader.verify();
    const found: unknown[][] = [];
    for await (const { rows } of reader.chunks())
      for (const row of rows) found.push(await Promise.all(row.map(whole)));
    return found;
  } finally {
    await reader.close();
  }
}

async function whole(value: unknown, place: number): Promise<unknown> {
  if (!(value instanceof LargeValue)) return value;
  const pieces: Buffer[] = [];
  for await (const piece of value.pieces()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  return COLUMNS[place]?.type === 'binary' ? bytes : bytes.toString();
}

test('values of any size come back as they were, encrypted or not', async () => {
  for (const passphrase of [undefined, new Passphrase('correct horse')]) {
    await write(passphrase);
    expect(
      (await read(passphrase)).map((row, at) => row.map((value, place) => isSame(value, ROWS[at]?.[place]))),
    ).toEqual(ROWS.map((row) => row.map(() => true)));
    rmSync(file);
  }
});

const isSame = (a: unknown, b: unknown) => (Buffer.isBuffer(a) ? a.equals(b as Buffer) : a === b);

test('no piece of a text divides a character', async () => {
  async function* source() {
    const bytes = Buffer.from(`x${'\u{1f438}'.repeat(PIECE_BYTES)}`);
    for (let at = 0; at < bytes.length; at += 99_999) yield bytes.subarray(at, at + 99_999);
  }
  let bytes = 0;
  for await (const piece of inPieces(source(), true)) {
    expect(piece.toString()).not.toContain('\uFFFD');
    expect(piece.length).toBeLessThanOrEqual(PIECE_BYTES);
    bytes += piece.length;
  }
  expect(bytes).toBe(PIECE_BYTES * 4 + 1);
});

test('a text that is not valid UTF-8 is refused when it is written', async () => {
  const writer = await RowStreamWriter.create(file, HEADER);
  const broken = new LargeValue(LARGE_VALUE + 1, undefined, async function* pieces() {
    yield Buffer.alloc(LARGE_VALUE + 1, 0xff);
  });
  await expect(writer.writePieced(0, [1n, null, broken])).rejects.toThrow('message is not valid UTF-8');
  await writer.abandon();
});

interface Part {
  head: Head;
  body: Buffer;
}

function parts(): Part[] {
  const bytes = readFileSync(file);
  const found: Part[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    const head = HEAD.parse(JSON.parse(bytes.toString('utf8', at + 8, at + 8 + length)));
    at += 8 + length;
    const size = 'bytes' in head ? head.bytes : 0;
    found.push({ head, body: bytes.subarray(at, at + size) });
    at += size;
  }
  return found;
}

/** As somebody would who makes the file's own checksums right. */
function rewrite(changed: readonly Part[]): void {
  const heads = createHash('sha256');
  const chunks = changed.filter(({ head }) => head.part === 'chunk' || head.part === 'piece').length;
  const bytes = changed.flatMap(({ head, body }) => {
    if (head.part !== 'manifest') {
      const { frame, text } = headFrame(head);
      heads.update(text);
      return [frame, body];
    }
    const manifest = { ...head, chunks };
    return [headFrame({ ...manifest, sha256: heads.update(sealText(manifest)).digest('hex') }).frame];
  });
  writeFileSync(file, Buffer.concat(bytes));
}

const isPiece = ({ head }: Part) => head.part === 'piece';

describe('a piece that is', () => {
  const IN_ROW = /in the row of artifacts with id 2, .*\(column (content|message)\)/;

  test.each<[string, (all: Part[], first: number) => Part[]]>([
    ['missing', (all, first) => all.toSpliced(first + 1, 1)],
    ['missing, the last one', (all, first) => all.toSpliced(first + 3, 1)],
    ['doubled', (all, first) => all.toSpliced(first + 1, 0, all[first + 1] as Part)],
    ['out of order', (all, first) => all.toSpliced(first, 2, all[first + 1] as Part, all[first] as Part)],
    [
      'in the place of another',
      (all, first) => {
        const [one, other] = [all[first], all[first + 3]] as [Part, Part];
        return all
          .with(first, { head: { ...other.head, number: 0 } as Head, body: other.body })
          .with(first + 3, {
            head: { ...one.head, number: 3 } as Head,
            body: one.body,
          });
      },
    ],
    [
      'changed',
      (all, first) => {
        const one = all[first] as Part;
        const body = Buffer.from(one.body);
        body[20] = (body[20] ?? 0) ^ 1;
        return all.with(first, { ...one, body });
      },
    ],
    [
      'changed with its checksum',
      (all, first) => {
        const one = all[first] as Part;
        const body = Buffer.from(one.body);
        body[20] = (body[20] ?? 0) ^ 1;
        return all.with(first, { head: { ...one.head, sha256: hash('sha256', body, 'hex') } as Head, body });
      },
    ],
  ])('%s is found out, and its row is named', async (_, change) => {
    await write();
    const all = parts();
    rewrite(all);
    await read();
    rewrite(change(all, all.findIndex(isPiece)));
    await expect(read()).rejects.toMatchObject({
      code: 'FILE_DAMAGED',
      message: expect.stringMatching(IN_ROW),
    });
  });

  test('of no row is refused', async () => {
    await write();
    const all = parts();
    const end = all.findIndex(({ head }) => head.part === 'batch');
    rewrite(all.toSpliced(end, 0, all.find(isPiece) as Part));
    await expect(read()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });

  test('in a file of the first version is refused: its readers would not know it', async () => {
    await write();
    const [first, ...others] = parts() as [Part, ...Part[]];
    rewrite([{ ...first, head: { ...first.head, version: FORMAT_VERSION } as Head }, ...others]);
    await expect(read()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });

  test('larger than any piece is refused before it is read', async () => {
    await write();
    const all = parts();
    const first = all.findIndex(isPiece);
    const one = all[first] as Part;
    rewrite(all.with(first, { ...one, head: { ...one.head, characters: 1_000_000_000 } as Head }));
    await expect(read()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });
});
