/** An encrypted file gives nothing away to who has not the passphrase, and takes no change from anybody. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Passphrase } from './encryption.ts';
import { headFrame } from './format.ts';
import { openFile, readContents } from './heads.ts';
import { RowStreamReader } from './reader.ts';
import { settleRowStream } from './settle.ts';
import { testHeader } from './test-header.ts';
import type { Row } from './values.ts';
import { RowStreamWriter } from './writer.ts';

const HEADER = testHeader([
  {
    name: 'one',
    key: ['id'],
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'text', type: 'text' },
      { name: 'bytes', type: 'binary' },
    ],
  },
]);
const SECRET = 'password=correct-horse-battery-staple';
/** Each key takes some tenths of a second: one for all. */
const RIGHT = new Passphrase('right horse');

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-encryption-'));
  file = join(directory, 'a.rows.zst');
});
afterEach(() => rmSync(directory, { recursive: true }));

const rowOf = (id: number): Row => [BigInt(id), SECRET, Buffer.from(SECRET)];

/** A chunk for each batch of rows. */
async function write(name: string, batches: readonly (readonly Row[])[], passphrase?: Passphrase) {
  const writer = await RowStreamWriter.create(name, HEADER, {
    partial: `${name}.partial`,
    key: await passphrase?.fresh(),
  });
  for (const rows of batches) {
    await writer.write(0, rows);
    await writer.endBatch();
    writer.keepBatch();
  }
  return writer.finish();
}

async function read(passphrase: Passphrase | undefined, name = file): Promise<Row[]> {
  const reader = await RowStreamReader.open(name, { passphrase });
  try {
    await reader.verify();
    const all: Row[] = [];
    for await (const { rows } of reader.chunks()) all.push(...rows);
    return all;
  } finally {
    await reader.close();
  }
}

test('every row comes back as it was, in any batches', async () => {
  const row = fc.tuple(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.option(fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())),
    fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  );
  const key = await RIGHT.fresh();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { minLength: 1, maxLength: 9 }), { maxLength: 4 }),
      async (batches) => {
        rmSync(file, { force: true });
        const writer = await RowStreamWriter.create(file, HEADER, { key });
        for (const rows of batches) {
          await writer.write(0, rows);
          await writer.endBatch();
        }
        await writer.finish();
        expect(await read(RIGHT)).toEqual(batches.flat());
      },
    ),
    { numRuns: 40 },
  );
});

test('a wrong passphrase and none are told apart, and from damage', async () => {
  await write(file, [[rowOf(1)]], RIGHT);
  await expect(read(new Passphrase('wrong horse'))).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
  await expect(read(undefined)).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED' });
  // What it says of itself is for everybody.
  const reader = await RowStreamReader.open(file);
  expect(reader.manifest.tables[0]?.rows).toBe(1);
  await reader.close();
});

test('a file that was cut off is not settled without the right passphrase, and left as it is', async () => {
  await write(file, [[rowOf(1)], [rowOf(2)]], RIGHT);
  const partial = join(directory, 'b.partial');
  const cut = readFileSync(file).subarray(0, -10);
  writeFileSync(partial, cut);
  await expect(settle(partial, undefined)).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED' });
  await expect(settle(partial, new Passphrase('wrong'))).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
  expect(readFileSync(partial).equals(cut)).toBe(true);
  await settle(partial, RIGHT);
  expect(await read(RIGHT, join(directory, 'b'))).toEqual([rowOf(1), rowOf(2)]);
});

test('any byte that is changed is found out', async () => {
  await write(file, [[rowOf(1), rowOf(2)], [rowOf(3)]], RIGHT);
  const whole = readFileSync(file);
  // Each other salt is a key that takes its time: of its digits two will do.
  const salt = whole.indexOf('"salt":"') + 10;
  for (let place = 0; place < whole.length; place += place === salt ? 29 : 1) {
    const changed = Buffer.from(whole);
    changed[place] = (changed[place] ?? 0) ^ 0x01;
    writeFileSync(file, changed);
    const outcome = await read(RIGHT).then(
      () => 'read',
      (error: unknown) => (error as { code?: string }).code,
    );
    // In the salt or its check it is as another passphrase.
    expect([place, outcome]).toEqual([place, expect.stringMatching(/^(FILE_DAMAGED|PASSPHRASE_WRONG)$/)]);
  }
});

test('nothing of a row is in the file, and its digests are no plain ones', async () => {
  const rows = Array.from({ length: 300 }, (_, id) => rowOf(id));
  const plain = join(directory, 'plain');
  const sealed = await write(file, [rows], RIGHT);
  const open = await write(plain, [rows]);
  const bytes = readFileSync(file);
  for (const part of [SECRET, 'correct-horse', Buffer.from(SECRET).toString('base64').slice(0, 12)])
    expect(bytes.includes(part)).toBe(false);
  expect(sealed.tables[0]?.digest).not.toBe(open.tables[0]?.digest);
  const { digest: inClear = '' } = (await headsOf(plain)).places[0]?.head ?? {};
  expect(bytes.includes(inClear)).toBe(false);
  // Nor can two files be compared: each has a salt of its own.
  const again = await write(join(directory, 'again'), [rows], RIGHT);
  expect(again.tables[0]?.digest).not.toBe(sealed.tables[0]?.digest);
});

test('chunks that change places, in a file or between two of one key, are found out', async () => {
  const key = await RIGHT.fresh();
  const other = join(directory, 'other');
  for (const [name, first] of [
    [file, 1],
    [other, 3],
  ] as const) {
    const writer = await RowStreamWriter.create(name, HEADER, { key });
    for (const id of [first, first + 1]) {
      await writer.write(0, [rowOf(id)]);
      await writer.endBatch();
    }
    await writer.finish();
  }
  const whole = readFileSync(file);
  const [first, second] = await framesOf(file);
  const [theirs] = await framesOf(other);
  if (!first || !second || !theirs) throw new Error('the file has two chunks');
  for (const [place, frame] of [
    [first, second],
    [second, first],
    [first, theirs],
    [second, theirs],
  ] as const) {
    const changed = Buffer.concat([
      whole.subarray(0, place.from),
      frame.bytes,
      whole.subarray(place.from + place.bytes.length),
    ]);
    writeFileSync(file, changed);
    await expect(read(RIGHT)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    // Cut off, there is no manifest that would tell: each chunk does by itself.
    const partial = `${file}.partial`;
    writeFileSync(partial, changed.subarray(0, changed.indexOf('{"part":"manifest"')));
    await expect(settle(partial, RIGHT)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  }
});

test('who has no key cannot make up a file, or take a batch out of one', async () => {
  await write(file, [[rowOf(1)], [rowOf(2)]], RIGHT);
  const whole = readFileSync(file);
  const [first, second] = await framesOf(file);
  const { manifest } = await headsOf(file);
  if (!first || !second || !manifest) throw new Error('the file has two chunks');
  const end = whole.indexOf('{"part":"manifest"') - 8;
  // Without its second chunk, and with a manifest that fits what is left as well as anybody can tell.
  const shorter = { ...manifest, chunks: 1, tables: [{ name: 'one', rows: 1, digest: '0'.repeat(32) }] };
  for (const contents of [
    [whole.subarray(0, second.head), headFrame(shorter).frame],
    [whole.subarray(0, first.head), whole.subarray(second.head, end), headFrame(shorter).frame],
    [whole.subarray(0, second.head), whole.subarray(end)],
  ]) {
    writeFileSync(file, Buffer.concat(contents));
    await expect(read(RIGHT)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  }
});

function settle(partial: string, passphrase: Passphrase | undefined) {
  return settleRowStream(partial, join(directory, 'b'), {
    passphrase,
    onHeader: () => {},
    counts: async () => true,
    onChunk: () => {},
    summary: () => ({}),
  });
}

async function headsOf(name: string) {
  const handle = await openFile(name);
  try {
    return await readContents(handle, name);
  } finally {
    await handle.close();
  }
}

/** The head and the frame of each chunk, as they are in the file. */
async function framesOf(name: string) {
  const whole = readFileSync(name);
  return (await headsOf(name)).places.map(({ head, at }) => ({
    head: at - headFrame(head).frame.length,
    from: at - headFrame(head).frame.length,
    bytes: whole.subarray(at - headFrame(head).frame.length, at + head.bytes),
  }));
}
