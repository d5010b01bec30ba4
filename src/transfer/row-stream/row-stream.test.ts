import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { headFrame } from './format.ts';
import { RowStreamReader } from './reader.ts';
import { testHeader } from './test-header.ts';
import { type Row, RowCodec, RowSum } from './values.ts';
import { RowStreamWriter } from './writer.ts';

const TYPES = ['bigint', 'integer', 'boolean', 'string(64)', 'text', 'datetime', 'json', 'binary'];
const COLUMNS = TYPES.map((type) => ({ name: `c ${type}`, type }));

const HEADER = testHeader([
  { name: 'one', key: ['c bigint'], columns: COLUMNS },
  { name: 'other', key: ['id'], columns: [{ name: 'id', type: 'bigint' }] },
]);

const value = {
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  integer: fc.integer(),
  boolean: fc.boolean(),
  text: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  json: fc.json(),
  binary: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
};
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary);
const ROW: fc.Arbitrary<Row> = fc.tuple(
  orNull(value.bigint),
  orNull(value.integer),
  orNull(value.boolean),
  orNull(value.text),
  orNull(value.text),
  orNull(value.text),
  orNull(value.json),
  orNull(value.binary),
);

const hasZstd = spawnSync('zstd', ['--version']).status === 0;

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-rows-'));
  file = join(directory, 'a.rows.zst');
});
afterEach(() => rmSync(directory, { recursive: true }));

async function write(rows: readonly Row[], others = 0): Promise<void> {
  const writer = await RowStreamWriter.create(file, HEADER);
  await writer.write(0, rows);
  await writer.write(
    1,
    Array.from({ length: others }, (_, n) => [BigInt(n + 1)]),
  );
  await writer.finish();
}

async function read(): Promise<Row[][]> {
  const reader = await RowStreamReader.open(file);
  const tables: Row[][] = [[], []];
  try {
    await reader.verify();
    for await (const { head, rows } of reader.chunks()) tables[head.table]?.push(...rows);
  } finally {
    await reader.close();
  }
  return tables;
}

const SAMPLE: Row[] = Array.from({ length: 12_000 }, (_, id) => [
  BigInt(id),
  id,
  true,
  'short',
  'long\n"quoted" 🏦',
  '2026-01-31 00:00:00.000000',
  '{"b":1,"a":2}',
  Buffer.from([0, 255, 10]),
]);

test('every value comes back as it was, of every type', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ROW), async (rows) => {
      rmSync(file, { force: true });
      await write(rows);
      expect((await read())[0]).toEqual(rows);
    }),
    { numRuns: 60 },
  );
});

test("many chunks of two tables come back in order, and the file is its owner's alone", async () => {
  await write(SAMPLE, 3);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const [one, other] = await read();
  expect(one).toEqual(SAMPLE);
  expect(other).toEqual([[1n], [2n], [3n]]);
});

test.runIf(hasZstd)('zstd alone prints the rows: the heads are frames that it passes over', async () => {
  await write(SAMPLE.slice(0, 1));
  expect(spawnSync('zstd', ['-dc', file], { encoding: 'utf8' }).stdout).toBe(
    `{"table":"one","columns":${JSON.stringify(COLUMNS.map(({ name }) => name))}}\n[0,0,true,"short","long\\n\\"quoted\\" 🏦","2026-01-31 00:00:00.000000","{\\"b\\":1,\\"a\\":2}","AP8K"]\n`,
  );
});

test('a file that is there is never overwritten, and one that was given up leaves nothing', async () => {
  await write([]);
  await expect(write([])).rejects.toMatchObject({ code: 'FILE_FAILED' });
  const second = join(directory, 'b');
  const writer = await RowStreamWriter.create(second, HEADER);
  await writer.abandon();
  expect([existsSync(second), readdirSync(directory).length]).toEqual([false, 1]);
});

test('two that write to one name: the second is refused, and the first is whole', async () => {
  const first = await RowStreamWriter.create(file, HEADER);
  await first.write(0, SAMPLE.slice(0, 1));
  // As another process would, under its own partial name.
  writeFileSync(file, 'theirs');
  await expect(first.finish()).rejects.toMatchObject({ code: 'FILE_FAILED' });
  expect(readFileSync(file, 'utf8')).toBe('theirs');
  await first.abandon();
});

describe('a file that is not whole is refused', () => {
  test('whatever byte it is cut off at', async () => {
    await write(SAMPLE.slice(0, 6_000));
    const { size } = statSync(file);
    for (const length of [0, 1, 7, 8, 100, Math.floor(size / 2), size - 300, size - 1]) {
      const cut = readFileSync(file);
      const shorter = join(directory, 'shorter');
      writeFileSync(shorter, cut);
      truncateSync(shorter, length);
      await expect(RowStreamReader.open(shorter)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    }
  });

  test('changed in any one byte', async () => {
    await write(SAMPLE.slice(0, 40));
    const whole = readFileSync(file);
    for (let place = 0; place < whole.length; place += 7) {
      const changed = Buffer.from(whole);
      changed[place] = (changed[place] ?? 0) ^ 0x20;
      writeFileSync(file, changed);
      await expect(read()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    }
  });

  test('with a chunk taken out, or something put behind its end', async () => {
    await write(SAMPLE.slice(0, 40), 2);
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole, Buffer.from('x')]));
    await expect(read()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    const second = whole.indexOf('"part":"chunk","table":1') - 9;
    const manifest = whole.indexOf('{"part":"manifest"') - 8;
    writeFileSync(file, Buffer.concat([whole.subarray(0, second), whole.subarray(manifest)]));
    await expect(read()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });

  test('of something else, a directory, nothing at all', async () => {
    await expect(RowStreamReader.open(directory)).rejects.toMatchObject({ code: 'FILE_FAILED' });
    await expect(RowStreamReader.open(join(directory, 'none'))).rejects.toMatchObject({
      code: 'FILE_FAILED',
    });
    for (const content of [
      'SQLite format 3\0',
      Buffer.alloc(4096),
      headFrame({ ...HEADER, version: 2 as never }).frame,
    ]) {
      writeFileSync(file, content);
      await expect(RowStreamReader.open(file)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    }
  });

  test('that promises more than memory holds', async () => {
    const frames = [
      headFrame(HEADER).frame,
      headFrame({
        part: 'chunk',
        table: 0,
        rows: 1,
        digest: '0'.repeat(32),
        bytes: 2 ** 40,
        sha256: '0'.repeat(64),
        characters: 1,
      }).frame,
    ];
    writeFileSync(file, Buffer.concat(frames));
    await expect(RowStreamReader.open(file)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });
});

describe('a digest', () => {
  const json = new RowCodec([{ name: 'v', type: 'json' }]);
  const same = (a: string, b: string) => json.digest([a]) === json.digest([b]);

  test('of JSON is of its value, not of how an engine writes it', () => {
    expect(same('{"b": 1, "a": [1.0, 2e1]}', '{"a":[1,20],"b":1}')).toBe(true);
    expect(same('{"a":1}', '{"a":"1"}')).toBe(false);
    expect(same('9007199254740993', '9007199254740992')).toBe(false);
    expect(same('1e19', '10000000000000000000')).toBe(true);
    expect(same('1e30', '1000000000000000000000000000000')).toBe(true);
    expect(same('1e400', '1e401')).toBe(false);
  });

  test('tells a null from a text, and where one value ends from where the next begins', () => {
    const two = new RowCodec([
      { name: 'a', type: 'text' },
      { name: 'b', type: 'text' },
    ]);
    const digests = [
      ['ab', 'c'],
      ['a', 'bc'],
      [null, 'abc'],
      ['', 'abc'],
      ['abc', null],
    ].map((row) => two.digest(row));
    expect(new Set(digests).size).toBe(5);
  });

  test('of rows does not hang on their order, and equal rows do not cancel', () => {
    const sum = (...digests: string[]) => {
      const rows = new RowSum();
      for (const digest of digests) rows.add(Buffer.from(digest, 'hex').toString('latin1'));
      return rows.digest;
    };
    const [one, most, high] = ['1'.padStart(32, '0'), 'f'.repeat(32), `fe${'0'.repeat(30)}`];
    expect(sum(one, most, high)).toBe(sum(high, one, most));
    expect(sum(one, most, high)).toBe(high);
    expect(sum(high, high)).toBe(`fc${'0'.repeat(30)}`);
  });

  test('of JSON is the same on the quick way as on the exact one, which a decimal point is enough for', () => {
    for (const rest of [
      '0',
      '-123456789012345',
      'true',
      'null',
      '{"b":[1,{}],"10":2,"9":"é\\n","__proto__":3}',
    ])
      expect([rest, same(`[1.0,${rest}]`, `[1,${rest}]`)]).toEqual([rest, true]);
    expect(same('[1.0,-0]', '[1,0]')).toBe(true);
    expect(same('[1,-0]', '[1,0]')).toBe(true);
  });

  test('with a key is another than without, and another with another key', () => {
    const columns = [{ name: 'v', type: 'text' }];
    const keys = [undefined, Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(new Set(keys.map((key) => new RowCodec(columns, key).digest(['v']))).size).toBe(3);
  });
});
