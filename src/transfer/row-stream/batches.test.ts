/** A file that is written in batches, taken back from, cut off anywhere and settled. */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Chunk } from './chunk-reader.ts';
import { headFrame } from './format.ts';
import { RowStreamReader } from './reader.ts';
import { type Settlement, settleRowStream } from './settle.ts';
import { testHeader } from './test-header.ts';
import type { Row } from './values.ts';
import { RowStreamWriter } from './writer.ts';

const COLUMNS = [
  { name: 'id', type: 'bigint' },
  { name: 'text', type: 'text' },
];
const HEADER = testHeader([
  { name: 'one', key: ['id'], columns: COLUMNS },
  { name: 'other', key: ['id'], columns: COLUMNS.slice(0, 1) },
]);

/** Some thousand files that are synced: in memory, where there is such a place. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let directory: string;
let file: string;
let partial: string;
beforeEach(() => {
  directory = mkdtempSync(join(MEMORY, 'multiflexi-batches-'));
  file = join(directory, 'a.rows.zst');
  partial = `${file}.partial`;
});
afterEach(() => rmSync(directory, { recursive: true }));

const create = () => RowStreamWriter.create(file, HEADER, { partial });

/** Two rows of the one table and one of the other; not kept. */
async function writeBatch(writer: RowStreamWriter, number: number): Promise<void> {
  await writer.write(
    0,
    [1, 2].map((n) => [BigInt(number * 10 + n), `row ${n} of batch ${number}`]),
  );
  await writer.write(1, [[BigInt(number)]]);
  await writer.endBatch();
}

/** Three whole batches, and where each of them ends. */
async function threeBatches(): Promise<readonly number[]> {
  const writer = await create();
  const ends = [writer.size];
  for (const number of [0, 1, 2]) {
    await writeBatch(writer, number);
    writer.keepBatch();
    ends.push(writer.size);
  }
  await writer.leave();
  return ends;
}

function settle(change: Partial<Settlement> = {}) {
  return settleRowStream(partial, file, {
    onHeader: () => {},
    counts: async () => true,
    onChunk: () => {},
    summary: () => ({}),
    ...change,
  });
}

/** The first column of each row of the one table. */
async function idsIn(name: string): Promise<unknown[]> {
  const reader = await RowStreamReader.open(name);
  try {
    await reader.verify();
    const rows: Row[] = [];
    for await (const chunk of reader.chunks('one')) rows.push(...chunk.rows);
    return rows.map(([id]) => id);
  } finally {
    await reader.close();
  }
}

const idsOf = (batches: number) =>
  Array.from({ length: batches }, (_, number) => [BigInt(number * 10 + 1), BigInt(number * 10 + 2)]).flat();

test('what was taken back leaves the file as if it had never been, to the byte', async () => {
  const plain = await create();
  await writeBatch(plain, 0);
  plain.keepBatch();
  await writeBatch(plain, 1);
  plain.keepBatch();
  await plain.finish();
  const undisturbed = readFileSync(file);
  rmSync(file);

  const writer = await create();
  // Before the first batch, half of a batch, a whole one larger than what follows, and twice in a row.
  await writer.write(0, [[7n, 'taken back']]);
  await writer.takeBack();
  await writeBatch(writer, 0);
  writer.keepBatch();
  const kept = readFileSync(partial);
  await writer.write(
    0,
    Array.from({ length: 6_000 }, (_, n) => [BigInt(n), 'taken back '.repeat(9)]),
  );
  await writer.write(1, [[7n]]);
  await writer.endBatch();
  await writer.takeBack();
  await writer.takeBack();
  expect(readFileSync(partial)).toEqual(kept);
  await writeBatch(writer, 1);
  writer.keepBatch();
  await writer.finish();
  expect(readFileSync(file)).toEqual(undisturbed);
});

test('cut off at any byte, every batch that was whole stays, and the file proves itself', async () => {
  const ends = (await threeBatches()).slice(0, -1);
  const whole = readFileSync(partial).subarray(0, ends.at(-1));
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(partial, whole.subarray(0, length));
    const batches = ends.filter((end) => end <= length).length - 1;
    const manifest = await settle();
    expect([length, existsSync(partial)]).toEqual([length, false]);
    if (batches < 1) expect([length, manifest, existsSync(file)]).toEqual([length, undefined, false]);
    else expect([length, await idsIn(file)]).toEqual([length, idsOf(batches)]);
    rmSync(file, { force: true });
  }
});

test('cut off in its manifest at any byte, nothing of it is lost', async () => {
  const writer = await create();
  await writeBatch(writer, 0);
  writer.keepBatch();
  const end = writer.size;
  await writer.finish({ said: true });
  const whole = readFileSync(file);
  rmSync(file);
  for (let length = end; length <= whole.length; length++) {
    writeFileSync(partial, whole.subarray(0, length));
    await settle({ summary: () => ({ said: true }) });
    expect([length, readFileSync(file).equals(whole)]).toEqual([length, true]);
    rmSync(file);
  }
});

test('a torn tail of anything at all is cut away', async () => {
  const [, , , end = 0] = await threeBatches();
  const whole = readFileSync(partial);
  const { frame } = headFrame({ part: 'batch', number: 3 });
  for (const tail of [
    Buffer.alloc(4096),
    Buffer.from('{"part":"batch"'),
    frame.subarray(0, -1),
    Buffer.concat([frame.subarray(0, 8), Buffer.alloc(frame.length - 8)]),
    whole.subarray(end - 250, end - 60),
  ]) {
    writeFileSync(partial, Buffer.concat([whole, tail]));
    await settle();
    expect(await idsIn(file)).toEqual(idsOf(3));
    rmSync(file);
  }
});

test('a last batch that does not count goes, and the one before it is the last', async () => {
  await threeBatches();
  const asked: unknown[] = [];
  const counts = async (last: readonly Chunk[]) => {
    asked.push(last.map(({ table, rows }) => [table.name, rows.length]));
    return false;
  };
  const seen: number[] = [];
  await settle({ counts, onChunk: ({ batch }) => seen.push(batch) });
  expect(asked).toEqual([
    [
      ['one', 2],
      ['other', 1],
    ],
  ]);
  expect(seen).toEqual([0, 0, 1, 1]);
  expect(await idsIn(file)).toEqual(idsOf(2));
});

test('an only batch that does not count leaves no file at all', async () => {
  const writer = await create();
  await writeBatch(writer, 0);
  await writer.leave();
  expect(await settle({ counts: async () => false })).toBeUndefined();
  expect(readdirSync(directory)).toEqual([]);
});

test('a byte that was changed within a batch that stays is told, and the file is left alone', async () => {
  const [start = 0] = await threeBatches();
  const whole = readFileSync(partial);
  // To the last mark, of which a changed byte is as good as a torn one.
  const last = whole.indexOf('"part":"batch","number":2') - 9;
  for (let place = start; place < last; place += 2) {
    for (const bit of [0x01, 0x20]) {
      const changed = Buffer.from(whole);
      changed[place] = (changed[place] ?? 0) ^ bit;
      writeFileSync(partial, changed);
      await expect(settle(), `byte ${place}`).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
      expect(readFileSync(partial).equals(changed)).toBe(true);
      expect(existsSync(file)).toBe(false);
    }
  }
  // The header as well, as far as that can be seen: a file that has batches is never taken for an empty one.
  for (let place = 0; place < 40; place++) {
    const changed = Buffer.from(whole);
    changed[place] = (changed[place] ?? 0) ^ 0x20;
    writeFileSync(partial, changed);
    await expect(settle(), `byte ${place}`).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    expect(readFileSync(partial).equals(changed)).toBe(true);
  }
});

test('killed between its two names, it is whole under the one and gives up the other', async () => {
  const writer = await create();
  await writeBatch(writer, 0);
  writer.keepBatch();
  const manifest = await writer.finish({ said: true });
  const whole = readFileSync(file);
  linkSync(file, partial);
  // Nothing is asked of it any more: its batch counted when it was finished.
  expect(await settle({ counts: async () => false })).toEqual(manifest);
  expect([existsSync(partial), readFileSync(file).equals(whole)]).toEqual([false, true]);
});

test('a name that another file has is not taken over', async () => {
  await threeBatches();
  copyFileSync(partial, file);
  await expect(settle()).rejects.toMatchObject({ code: 'FILE_FAILED' });
  expect([existsSync(partial), existsSync(file)]).toEqual([true, true]);
});

test('whoever objects to the header finds the file as it was', async () => {
  await threeBatches();
  const whole = readFileSync(partial);
  const onHeader = () => {
    throw new Error('of another database');
  };
  await expect(settle({ onHeader })).rejects.toThrow('of another database');
  expect(readFileSync(partial)).toEqual(whole);
});
