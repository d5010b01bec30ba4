/** Log entries that SQLite hands over as lines, many at once: what could not come back is refused, all else comes back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RawBuilder, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ArchiveRun } from '../../src/cleanup/archive/run.ts';
import {
  applyArchiveRestore,
  findArchive,
  planArchiveRestore,
  verifyArchive,
} from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { dataDigest } from '../harness/digests.ts';
import { isAvailable, migratedDatabase } from '../harness/engines.ts';

let directory: string;
let database: Awaited<ReturnType<typeof migratedDatabase>>;
let engine: Engine;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-together-'));
  if (!isAvailable('sqlite')) return;
  database = await migratedDatabase('sqlite');
  engine = database.engine;
});
afterEach(async () => {
  await database?.drop();
  rmSync(directory, { recursive: true });
});

const execute = (statement: RawBuilder<unknown>) => statement.execute(engine.kysely<unknown>());

/** Entries with the ids from 1 on; every hundredth is large, so that it is read apart from the others. */
async function makeEntries(count: number): Promise<bigint[]> {
  await execute(sql`
    with recursive n(id) as (select 1 union all select id + 1 from n where id < ${count})
    insert into logger (id, severity, message, created_at)
    select id, 'info', case when id % 100 = 0 then ${'large '.repeat(2_000)} else 'entry ' || id end,
      '2026-01-31 00:00:00.000000' from n`);
  return Array.from({ length: count }, (_, place) => BigInt(place + 1));
}

/** @returns the archive that has them, saved as a purge saves them */
async function archived(ids: readonly bigint[]): Promise<string> {
  const run = await ArchiveRun.open(engine, { directory }, 'test');
  const partWriter = run.partWriter();
  try {
    if (!engine.rowCopies) throw new Error('nothing is saved ahead');
    const wanted = [{ table: 'logger', column: 'id', ids, rowsOf: () => 1 } as const];
    await partWriter.saveAhead(engine.rowCopies, engine.kysely(), wanted);
    await partWriter.onDisk();
    await partWriter.committed();
    await run.finish();
  } finally {
    await run.leave();
    run.release();
  }
  return run.name;
}

async function comeBack(ids: readonly bigint[]): Promise<void> {
  const before = await dataDigest(engine, ['logger']);
  const place = findArchive(directory, await archived(ids));
  expect(await verifyArchive(place)).toMatchObject({ faults: [], unsettled: false });
  await execute(sql`delete from logger`);
  await applyArchiveRestore(engine, await planArchiveRestore(engine, place, null));
  expect(await dataDigest(engine, ['logger'])).toBe(before);
}

async function set(id: number, column: string, value: unknown): Promise<void> {
  await execute(sql`update logger set ${sql.ref(column)} = ${value} where id = ${id}`);
}

describe.runIf(isAvailable('sqlite'))('a log entry that is read together with others on sqlite', () => {
  test('comes back whatever is in it', async () => {
    const ids = await makeEntries(7);
    const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('');
    await set(1, 'message', `${controls}"\\/\u007f\u2028\ufffd😀`);
    await set(2, 'venue', 'ž'.repeat(255));
    await set(3, 'message', 'long '.repeat(5_000));
    await set(4, 'created_at', '2024-02-29 23:59:59.999999');
    await set(5, 'message', '');
    await set(6, 'id', 2n ** 62n);
    await comeBack(ids.map((id) => (id === 6n ? 2n ** 62n : id)));
  });

  test('comes back where there are more than are read at once', async () => {
    await comeBack(await makeEntries(5_600));
  });

  test('is refused by name where it could not come back', async () => {
    const ids = await makeEntries(3);
    await execute(sql`pragma ignore_check_constraints = on`);
    const improper = [
      ['message', sql`cast(x'ff41' as text)`, 'message is not valid UTF-8'],
      ['message', sql`x'41'`, "a value is not of its column's type"],
      // What SQLite calls its length ends at the zero.
      ['venue', sql`'a' || char(0) || ${'b'.repeat(255)}`, 'venue is longer than 255 characters'],
      ['created_at', sql`'2026-02-30 12:00:00.000000'`, 'created_at is no date of the calendar'],
      ['created_at', sql`'0000-01-01 00:00:00.000000'`, 'created_at is no date of the calendar'],
      ['created_at', sql`'2026-01-31 24:00:00.000000'`, 'created_at is no date of the calendar'],
      ['created_at', sql`'2026-01-31 00:00:00'`, 'created_at is no date of the calendar'],
    ] as const;
    for (const [column, value, reason] of improper) {
      await execute(
        sql`update logger set venue = null, message = 'a', created_at = '2026-01-31 00:00:00.000000'`,
      );
      await set(2, column, value);
      await expect(archived(ids)).rejects.toMatchObject({
        code: 'CANNOT_BE_SAVED',
        message: expect.stringMatching(new RegExp(`row of logger with id 2 .*${reason}`)),
      });
    }
  });
});
