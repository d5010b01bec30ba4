/** Databases with values that get lost easily, and exports of them. */
import { sql } from 'kysely';
import type { Engine } from '../../src/engines/index.ts';
import { type ExportOutcome, type Passphrase, runExport } from '../../src/tasks/index.ts';
import { makeCompany } from './history.ts';
import { loadKnown } from './known-history.ts';

const BEYOND = 9_007_199_254_740_993n;

/** In tables of ours: half an hour of a platform, and rows that no platform writes. */
export async function fillNasty(engine: Engine): Promise<void> {
  const db = engine.kysely<unknown>();
  await makeCompany(engine);
  await loadKnown(engine, [
    { id: 1n, status: 'ok', minute: 1, artifacts: 2, logs: 3 },
    { id: 2n, status: 'failed', minute: 2, artifacts: 0, logs: 1 },
    { id: BEYOND, status: 'running', minute: 3, artifacts: 1, logs: 1, bytes: 40_000 },
  ]);
  const texts = ['', 'NULL', 'e\u0301 é 👩‍👩‍👧‍👦 \ufeff\u0001', '\'\\"`;--\t\r\n %s ? \\N \\.'];
  for (const [n, text] of texts.entries())
    await sql`insert into logger (id, company_id, message, created_at) ${engine.keepingIds}
      values (${BEYOND + BigInt(n)}, ${n === 0 ? null : 1n}, ${text}, ${`2026-12-31 23:59:59.99999${n}`})`.execute(
      db,
    );
  const json = '{"b": 1.0, "a": [1e2, 12345678901234567, "\\u00e9😀", true, null], "b": 2, "": {}}';
  await sql`update job set env = ${json}, command = '', exitcode = -2147483648 where id = 1`.execute(db);
  await sql`update job set env = 'null', pid = 2147483647 where id = 2`.execute(db);
  const bytes = Buffer.concat([
    Buffer.from([0, 255, 10, 13, 92, 39, 34, 26, 128]),
    Buffer.alloc(1_200_000, 7),
  ]);
  await sql`update artifacts set content = ${bytes} where job_id = ${BEYOND}`.execute(db);
  await sql`update artifacts set content = ${Buffer.alloc(0)}, note = ${'ž'.repeat(300)} where job_id = 1`
    .execute(db)
    .catch(() => sql`update artifacts set content = ${Buffer.alloc(0)} where job_id = 1`.execute(db));
}

export function exportTo(engine: Engine, file: string, passphrase?: Passphrase): Promise<ExportOutcome> {
  return runExport(
    { engine, program: 'test' },
    { company: null, tables: null, without: [], file, encrypted: passphrase !== undefined },
    { passphrase },
  );
}

/** The history has an import, which the file of course has not: taken out, both have the same rows. @returns its notes */
export async function takenRecords(engine: Engine): Promise<readonly string[]> {
  const db = engine.kysely<unknown>();
  const { rows } = await sql<{
    note: string;
  }>`select note from housekeeping_run where duty = 'import'`.execute(db);
  await sql`delete from housekeeping_run where duty = 'import'`.execute(db);
  return rows.map(({ note }) => note);
}
