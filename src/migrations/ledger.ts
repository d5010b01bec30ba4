/** The ledger: which migrations a database has, how far one came, and the steps that revert it. */
import { hostname } from 'node:os';
import { type Kysely, sql } from 'kysely';
import type { DdlStatement, Engine } from '../engines/index.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import {
  LEDGER,
  LEDGER_TABLES,
  type LedgerRow,
  type LedgerSchema,
  STEPS,
  type StepRow,
} from './ledger-tables.ts';
import type { Direction, Migration } from './migration.ts';
import { stepHash } from './step-hash.ts';

type LedgerDb = Kysely<LedgerSchema>;

export async function ledgerExists(engine: Engine): Promise<boolean> {
  return (await engine.tableNames()).includes(LEDGER);
}

/** Makes what is missing of the ledger; to be called under the lock. */
export async function createLedger(engine: Engine): Promise<void> {
  const present = new Set(await engine.tableNames());
  const db = engine.kysely<LedgerSchema>();
  // The steps come first: the ledger's own table says that both are there.
  for (const table of [...LEDGER_TABLES].reverse()) {
    if (present.has(table.name)) continue;
    for (const statement of engine.ddl.createTable(table)) await sql.raw(statement.sql).execute(db);
  }
}

/** By version; none when there is no ledger yet. */
export async function readLedger(engine: Engine): Promise<LedgerRow[]> {
  if (!(await ledgerExists(engine))) return [];
  return engine.kysely<LedgerSchema>().selectFrom(LEDGER).selectAll().orderBy('version').execute();
}

export async function readSteps(engine: Engine, version: string, direction: Direction): Promise<StepRow[]> {
  return engine
    .kysely<LedgerSchema>()
    .selectFrom(STEPS)
    .selectAll()
    .where('version', '=', version)
    .where('direction', '=', direction)
    .orderBy('position')
    .execute();
}

/** Notes that a migration begins to go up, with the steps of both ways. */
export async function recordStart(
  db: LedgerDb,
  migration: Migration,
  up: readonly DdlStatement[],
  down: readonly DdlStatement[],
) {
  await db
    .insertInto(LEDGER)
    .values({
      version: migration.version,
      name: migration.name,
      state: 'running',
      direction: 'up',
      step: 0,
      steps: up.length,
      started_at: nowUtc(),
      finished_at: null,
      program_version: PROGRAM_VERSION,
      host: hostname().slice(0, 255),
      breakpoint: false,
      error: null,
    })
    .execute();
  await db
    .insertInto(STEPS)
    .values([...stepRows(migration.version, 'up', up), ...stepRows(migration.version, 'down', down)])
    .execute();
}

/** Notes that an applied migration begins to go down. */
export async function recordReturn(db: LedgerDb, version: string, steps: number) {
  await update(db, version, {
    state: 'running',
    direction: 'down',
    step: 0,
    steps,
    started_at: nowUtc(),
    finished_at: null,
  });
}

export async function recordStep(db: LedgerDb, version: string, step: number) {
  await update(db, version, { step });
}

export async function recordApplied(db: LedgerDb, version: string, steps: number) {
  await update(db, version, { state: 'applied', step: steps, finished_at: nowUtc(), error: null });
}

export async function recordFailure(db: LedgerDb, version: string, message: string) {
  await update(db, version, { state: 'failed', error: message });
}

export async function forget(db: LedgerDb, version: string) {
  await db.deleteFrom(STEPS).where('version', '=', version).execute();
  await db.deleteFrom(LEDGER).where('version', '=', version).execute();
}

async function update(db: LedgerDb, version: string, values: Partial<LedgerRow>) {
  await db.updateTable(LEDGER).set(values).where('version', '=', version).execute();
}

function stepRows(version: string, direction: Direction, statements: readonly DdlStatement[]): StepRow[] {
  return statements.map(({ sql: statement, summary }, index) => ({
    version,
    direction,
    position: index + 1,
    summary,
    statement,
    hash: stepHash(statement),
  }));
}

/** The contract's form of an instant. */
function nowUtc(): string {
  return `${new Date().toISOString().slice(0, 23).replace('T', ' ')}000`;
}
