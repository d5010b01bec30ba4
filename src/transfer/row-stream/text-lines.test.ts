/** Lines that come as text are written as those that come one by one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Passphrase } from './encryption.ts';
import { CHUNK_ROWS } from './format.ts';
import { RowStreamReader } from './reader.ts';
import { testHeader } from './test-header.ts';
import { RowStreamWriter } from './writer.ts';

const HEADER = testHeader([
  {
    name: 'one',
    key: ['id'],
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'words', type: 'text' },
    ],
  },
  { name: 'other', key: ['id'], columns: [{ name: 'id', type: 'json' }] },
]);

/** More than a chunk takes, by their number and by their bytes. */
const ROWS = Array.from({ length: CHUNK_ROWS * 2 + 10 }, (_, id) => [
  BigInt(id),
  'ž'.repeat(id < CHUNK_ROWS ? 1 : 300),
]);
const LINES = ROWS.map(([id, words]) => `[${id},${JSON.stringify(words)}]`);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-text-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function rowsIn(name: string, passphrase?: Passphrase): Promise<unknown[]> {
  const reader = await RowStreamReader.open(join(directory, name), { passphrase });
  await reader.verify();
  const rows: unknown[] = [];
  for await (const chunk of reader.chunks()) rows.push(...chunk.rows);
  await reader.close();
  return rows;
}

const PASSPHRASES = [undefined, new Passphrase('right horse')];

test.each(PASSPHRASES)('text is read back, and has the digests of its lines (%#)', async (passphrase) => {
  const key = await passphrase?.fresh();
  const written = async (name: string, work: (writer: RowStreamWriter) => Promise<void>) => {
    const writer = await RowStreamWriter.create(join(directory, name), HEADER, { key });
    await work(writer);
    return (await writer.finish()).tables;
  };
  const text = Buffer.from(LINES.join('\n'));
  const half = text.indexOf(0x0a, text.length / 2);
  let counted = 0;
  const asText = await written('text', async (writer) => {
    for (const part of [text.subarray(0, half), text.subarray(half + 1)]) {
      const passing = Buffer.from(part);
      counted += await writer.writeText(0, passing);
      // Nothing of it is needed any more, though its rows may still be on their way.
      passing.fill(0);
    }
  });
  const oneByOne = await written('lines', (writer) =>
    writer.writeLines(
      0,
      LINES.map((line, place) => [line, ROWS[place] ?? []] as const),
    ),
  );
  expect(counted).toBe(ROWS.length);
  expect(asText).toEqual(oneByOne);
  expect(await rowsIn('text', passphrase)).toEqual(ROWS);
  expect(await rowsIn('lines', passphrase)).toEqual(ROWS);
});

test('a batch is taken back with what of it was on its way', async () => {
  const writer = await RowStreamWriter.create(join(directory, 'file'), HEADER);
  await writer.writeText(0, Buffer.from(LINES.slice(0, 3).join('\n')));
  await writer.endBatch();
  writer.keepBatch();
  const { size } = writer;
  await writer.writeText(0, Buffer.from(LINES.join('\n')));
  await writer.takeBack();
  expect(writer.size).toBe(size);
  await writer.writeText(0, Buffer.from(LINES.slice(3, 5).join('\n')));
  await writer.finish();
  expect(await rowsIn('file')).toEqual(ROWS.slice(0, 5));
});

test('lines whose JSON may be in another form than their digests are not taken as text', async () => {
  const writer = await RowStreamWriter.create(join(directory, 'file'), HEADER);
  await expect(writer.writeText(1, Buffer.from('["{ }"]'))).rejects.toThrow('canonical');
  await writer.abandon();
});
