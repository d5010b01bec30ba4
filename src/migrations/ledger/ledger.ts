/** The ledger: which migrations a database has, how far one came, and the steps that revert it. */
import { hostname } from 'node:os';
import { type Kysely, sql } from 'kysely';
import { type Engine, nowUtc, type TableDefinition } from '../../engines/index.ts';
import { PROGRAM_VERSION } from '../../system/index.ts';
import type { Direction, Step } from '../migration.ts';
import { requireSoundRow } from './soundness.ts';
import { identityHash, stepHash } from './step-hash.ts';
import { LEDGER, LEDGER_TABLES, type LedgerRow, type LedgerSchema, STEPS, type StepRow } from './tables.ts';

export type LedgerDb = Kysely<LedgerSchema>;

/** What the ledger says of a migration beyond its steps. */
interface Identity {
  readonly version: string;
  readonly name: string;
}

/** Makes what the ledger lacks, columns that were added later included; to be called under the lock. */
export async function prepareLedger(engine: Engine, db: LedgerDb): Promise<void> {
  const present = new Map(
    (await engine.introspect()).map((table) => [table.name, table.columns.map(({ name }) => name)]),
  );
  // The steps come first: the ledger's own table says that both exist.
  const statements = [...LEDGER_TABLES]
    .reverse()
    .flatMap((table) => missing(engine, table, present.get(table.name)));
  const run = async (on: LedgerDb) => {
    for (const { sql: text } of statements) await sql.raw(text).execute(on);
  };
  // Where DDL can be rolled back, a ledger is complete or does not exist.
  if (engine.capabilities.transactionalDdl) await db.transaction().execute(run);
  else await run(db);
}

function missing(engine: Engine, table: TableDefinition, columns: readonly string[] | undefined) {
  if (!columns) return engine.ddl.createTable(table);
  const added = table.columns.filter(({ name }) => !columns.includes(name));
  return added.flatMap((column) => engine.ddl.addColumn(table.name, column));
}

/** By version; none when there is no ledger yet. @param names of the database's tables, where they are known @throws LEDGER_DAMAGED */
export async function readLedger(engine: Engine, names?: ReadonlySet<string>): Promise<LedgerRow[]> {
  if (!(await hasTable(engine, LEDGER, names))) return [];
  const rows = await engine
    .kysely<LedgerSchema>()
    .selectFrom(LEDGER)
    .selectAll()
    .orderBy('version')
    .execute();
  for (const row of rows) requireSoundRow(row);
  return rows;
}

/** The way back of every migration of this ledger, by version, its steps in order. */
export async function readStepsDown(
  engine: Engine,
  ledger: readonly LedgerRow[],
): Promise<ReadonlyMap<string, StepRow[]>> {
  // Nothing recorded, or nothing to ask.
  if (ledger.length === 0 || !(await hasTable(engine, STEPS))) return new Map();
  const rows = await stepsOf(engine, 'down').selectAll().execute();
  return Map.groupBy(rows, (row) => row.version);
}

export type StepHash = Pick<StepRow, 'version' | 'hash'>;

/** What the steps of the way up are known again by, as {@link readStepsDown}: without their SQL, which is most of the table. */
export async function readHashesUp(
  engine: Engine,
  ledger: readonly LedgerRow[],
  names?: ReadonlySet<string>,
): Promise<ReadonlyMap<string, StepHash[]>> {
  if (ledger.length === 0 || !(await hasTable(engine, STEPS, names))) return new Map();
  const rows = await stepsOf(engine, 'up').select(['version', 'hash']).execute();
  return Map.groupBy(rows, (row) => row.version);
}

function stepsOf(engine: Engine, direction: Direction) {
  return engine
    .kysely<LedgerSchema>()
    .selectFrom(STEPS)
    .where('direction', '=', direction)
    .orderBy('version')
    .orderBy('position');
}

async function hasTable(engine: Engine, table: string, names?: ReadonlySet<string>): Promise<boolean> {
  return names ? names.has(table) : (await engine.tableNames()).includes(table);
}

/** Notes that a migration begins to go up, with the steps of both ways. */
export async function recordStart(
  db: LedgerDb,
  migration: Identity,
  up: readonly Step[],
  down: readonly Step[],
) {
  await atOnce(db, (inside) => insertStart(inside, migration, up, down));
}

async function insertStart(db: LedgerDb, migration: Identity, up: readonly Step[], down: readonly Step[]) {
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
  await replaceSteps(db, migration.version, up, down);
}

/** Replaces the way back of a migration by these steps. */
export async function recordWayBack(db: LedgerDb, version: string, down: readonly Step[]) {
  await db.deleteFrom(STEPS).where('version', '=', version).where('direction', '=', 'down').execute();
  if (down.length > 0)
    await db
      .insertInto(STEPS)
      .values(stepRows(version, 'down', down))
      .execute();
}

/** Replaces the steps of a migration by these. */
export async function recordSteps(db: LedgerDb, version: string, up: readonly Step[], down: readonly Step[]) {
  await atOnce(db, (inside) => replaceSteps(inside, version, up, down));
}

async function replaceSteps(db: LedgerDb, version: string, up: readonly Step[], down: readonly Step[]) {
  await db.deleteFrom(STEPS).where('version', '=', version).execute();
  await db
    .insertInto(STEPS)
    .values([...stepRows(version, 'up', up), ...stepRows(version, 'down', down)])
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
    error: null,
  });
}

export async function recordStep(db: LedgerDb, version: string, step: number) {
  await update(db, version, { step });
}

export async function recordApplied(db: LedgerDb, version: string, steps: number) {
  await update(db, version, { state: 'applied', step: steps, finished_at: nowUtc(), error: null });
}

/** @param state `running` when it is not known whether the step took effect, as after an interrupted run */
export async function recordFailure(
  db: LedgerDb,
  version: string,
  message: string,
  state: 'failed' | 'running',
) {
  await update(db, version, { state, error: message });
}

/** Notes that an interrupted migration is continued. */
export async function recordResumption(db: LedgerDb, version: string) {
  await update(db, version, { state: 'running', error: null });
}

/** Makes the row of a migration what it was. */
export async function restore(db: LedgerDb, row: LedgerRow) {
  const { version, state, direction, step, steps, started_at, finished_at, error } = row;
  await update(db, version, { state, direction, step, steps, started_at, finished_at, error });
}

export async function recordBreakpoint(db: LedgerDb, version: string, set: boolean) {
  await update(db, version, { breakpoint: set });
}

export async function forget(db: LedgerDb, version: string) {
  await atOnce(db, async (inside) => {
    await inside.deleteFrom(STEPS).where('version', '=', version).execute();
    await inside.deleteFrom(LEDGER).where('version', '=', version).execute();
  });
}

/** A row and its steps are written together or not at all; within a transaction they are part of that one. */
async function atOnce(db: LedgerDb, write: (db: LedgerDb) => Promise<void>): Promise<void> {
  if (db.isTransaction) await write(db);
  else await db.transaction().execute(write);
}

async function update(db: LedgerDb, version: string, values: Partial<LedgerRow>) {
  await db.updateTable(LEDGER).set(values).where('version', '=', version).execute();
}

function stepRows(version: string, direction: Direction, steps: readonly Step[]): StepRow[] {
  return steps.map(({ sql: statement, knownAs, summary, ...detail }, index) => ({
    version,
    direction,
    position: index + 1,
    summary,
    statement,
    // What is run from the ledger, the way down, is held against its own text.
    hash: direction === 'up' ? identityHash({ sql: statement, knownAs }) : stepHash(statement),
    detail: JSON.stringify({ ...detail, of: steps.length }),
  }));
}
