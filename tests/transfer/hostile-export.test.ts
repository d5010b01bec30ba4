/** A file that is no good export ends in one error that says what it is, before anything is written. One engine stands for all. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isMultiFlexiError } from '../../src/errors.ts';
import { planImport } from '../../src/tasks/index.ts';
import { freshFile, type TestDatabase } from '../harness/databases.ts';
import { migratedDatabase } from '../harness/engines.ts';
import { exportTo, fillNasty } from '../harness/exported.ts';
import { tries } from '../harness/tries.ts';

const directory = mkdtempSync(join(tmpdir(), 'multiflexi-hostile-'));
const [compact, json, changed] = ['a.rows.zst', 'a.json', 'changed'].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
let database: TestDatabase;
let sums: unknown;

beforeAll(async () => {
  const source = await migratedDatabase('sqlite');
  await fillNasty(source.engine);
  await exportTo(source.engine, compact);
  await exportTo(source.engine, json);
  await source.drop();
  database = freshFile();
  sums = (await planned(json)).verified.sums;
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});

async function planned(file: string) {
  const engine = await database.open('inspect');
  try {
    return await planImport({ engine, program: 'test' }, { file });
  } finally {
    await engine.close();
  }
}

/** @returns the error's code, or nothing for a change of what no digest covers */
async function codeFor(content: Buffer | string): Promise<string | undefined> {
  writeFileSync(changed, content);
  try {
    expect((await planned(changed)).verified.sums).toEqual(sums);
    return undefined;
  } catch (error) {
    if (!isMultiFlexiError(error)) throw error;
    expect(error.message).toMatch(/^[^\n]{1,600}$/);
    return error.code;
  } finally {
    const { settings } = database;
    expect(settings.connection === 'sqlite' && existsSync(settings.file)).toBe(false);
  }
}

const text = () => readFileSync(json, 'utf8');

describe('a hostile export', () => {
  test.each(['json', 'compact'])(
    'of which bytes are changed, added or missing (%s)',
    async (form) => {
      const whole = readFileSync(form === 'json' ? json : compact);
      const place = fc.nat(whole.length - 1);
      await fc.assert(
        fc.asyncProperty(
          place,
          fc.nat(40),
          fc.uint8Array({ minLength: 1, maxLength: 8 }),
          async (at, gone, added) => {
            const mutated = Buffer.concat([whole.subarray(0, at), added, whole.subarray(at + gone)]);
            const code = await codeFor(mutated);
            if (code !== undefined)
              expect(['FILE_DAMAGED', 'NOT_MIGRATED', 'CANNOT_BE_LOADED', 'PASSPHRASE_NEEDED']).toContain(
                code,
              );
          },
        ),
        { numRuns: tries(60) },
      );
      for (const end of [0, 1, 100, whole.length / 2, whole.length - 3])
        expect(await codeFor(whole.subarray(0, end))).toBe('FILE_DAMAGED');
    },
    60_000,
  );

  const changes: [string, (whole: string) => string][] = [
    ['wrong digest', (whole) => whole.replace(/"digest":"[0-9a-f]{8}/, '"digest":"00000000')],
    ['a row twice', (whole) => whole.replace(/("company": \[\n)(.*?),\n/, '$1$2,\n$2,\n')],
    ['a member twice', (whole) => whole.replace('{"id":1,', '{"id":1,"id":1,')],
    ['a column too many', (whole) => whole.replace('{"id":1,', '{"id":1,"__proto__":1,')],
    ['a column missing', (whole) => whole.replace('{"id":1,', '{')],
    ['a value of another type', (whole) => whole.replace('{"id":1,', '{"id":[1],')],
    ['a number that is none', (whole) => whole.replace('{"id":1,', `{"id":${'9'.repeat(500)},`)],
    ['deep JSON', (whole) => whole.replace('"source": {', `"source": ${'['.repeat(100_000)}`)],
    ['an endless name', (whole) => whole.replace('{"id":1,', `{"${'i'.repeat(5_000_000)}":1,`)],
    [
      'a million columns',
      (whole) =>
        whole.replace('"columns":[', `"columns":[${'{"name":"a","type":"text"},'.repeat(1_000_000)}`),
    ],
    ['members out of order', (whole) => whole.replace('"tables": {', '"counts": {')],
    ['another document', () => '{"name": "package", "version": "1.0.0"}'],
    ['a list', () => '[1, 2]'],
    ['two documents', (whole) => whole + whole],
    ['not complete', (whole) => whole.replace('"complete": true', '"complete": false')],
    ['another version of the format', (whole) => whole.replace('"version":1', '"version":2')],
    ['text that is not UTF-8', (whole) => `${whole}\ufffd`],
  ];
  test.each(changes)('with %s', async (_, change) => {
    const mutated = change(text());
    expect(mutated).not.toBe(text());
    expect(await codeFor(mutated)).toBe('FILE_DAMAGED');
  });

  test('of tables or a version that this program does not have', async () => {
    expect(await codeFor(text().replace('"name":"company"', '"name":"invoice"'))).toBe('NOT_MIGRATED');
    expect(await codeFor(text().replaceAll('20261127053500', '20991127053500'))).toBe('NOT_MIGRATED');
    await expect(planned(changed)).rejects.toThrow('20991127053500');
  });

  test('that is no file', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const file of [directory, pipe, join(directory, 'missing')])
      await expect(planned(file)).rejects.toMatchObject({ code: 'FILE_FAILED' });
  });
});
