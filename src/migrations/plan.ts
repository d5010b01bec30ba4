/** Which migrations are to be run, and which way: decided from sets of versions, before anything runs. */
import type { DdlStatement, Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { readLedger, readSteps } from './ledger.ts';
import type { LedgerRow } from './ledger-tables.ts';
import { compile, type Direction, type Migration, VERSION_PATTERN } from './migration.ts';

export interface PlannedMigration {
  readonly version: string;
  readonly name: string;
  readonly statements: readonly DdlStatement[];
  /** How many of the statements an earlier run has done already. */
  readonly done: number;
  /** The ledger has it half way from an earlier run. */
  readonly resumed: boolean;
}

export interface MigrationPlan {
  readonly direction: Direction;
  readonly migrations: readonly PlannedMigration[];
  /** What a rollback would destroy that is not empty. */
  readonly losses: readonly Loss[];
}

export interface Loss {
  readonly table: string;
  /** Null when the whole table goes. */
  readonly column: string | null;
  /** Rows of the table, or values of the column that are not null. */
  readonly values: number;
}

/** Every pending migration up to the target, older gaps included. @throws UNKNOWN_TARGET */
export async function planMigrate(
  engine: Engine,
  known: readonly Migration[],
  target?: string,
): Promise<MigrationPlan> {
  const ledger = await readLedger(engine);
  if (target !== undefined) requireTarget(target, known, ledger);
  const rows = new Map(ledger.map((row) => [row.version, row]));
  const wanted = sorted(known).filter(({ version }) => target === undefined || version <= target);
  const migrations: PlannedMigration[] = [];
  for (const migration of wanted) {
    const row = rows.get(migration.version);
    if (row?.state === 'applied') continue;
    if (row?.direction === 'down') throw halfWay(row, 'db:rollback');
    const statements = compile(migration, 'up', engine.ddl);
    if (row) await requireUnchanged(engine, row, statements);
    migrations.push({ ...migration, statements, done: row?.step ?? 0, resumed: row !== undefined });
  }
  return { direction: 'up', migrations, losses: [] };
}

/**
 * Without a target the newest applied migration; with one, every applied migration that is newer than it;
 * with `0`, all. @throws UNKNOWN_TARGET, MIGRATION_MISSING when one on the path has no way down here
 */
export async function planRollback(
  engine: Engine,
  known: readonly Migration[],
  target?: string,
): Promise<MigrationPlan> {
  const ledger = await readLedger(engine);
  if (target !== undefined && target !== '0') requireTarget(target, known, ledger);
  const newestFirst = [...ledger].sort((a, b) => (a.version < b.version ? 1 : -1));
  const begun = newestFirst.find((row) => row.state !== 'applied' && row.direction === 'down');
  const stuck = newestFirst.find((row) => row.state !== 'applied' && row.direction === 'up');
  if (stuck) throw halfWay(stuck, 'db:migrate');
  const rows =
    target === undefined
      ? [begun ?? newestFirst[0]].filter((row) => row !== undefined)
      : newestFirst.filter((row) => target === '0' || row.version > target);
  const byVersion = new Map(known.map((migration) => [migration.version, migration]));
  const chosen = rows.map((row) => ({ row, migration: byVersion.get(row.version) }));
  const wayless = chosen.find(({ migration }) => migration === undefined);
  if (wayless) throw noWayDown(wayless.row);
  const path = chosen.flatMap(({ row, migration }) => (migration ? [{ row, migration }] : []));
  const migrations: PlannedMigration[] = [];
  for (const { row, migration } of path) {
    const statements = compile(migration, 'down', engine.ddl);
    const resumed = row.state !== 'applied';
    if (resumed) await requireUnchanged(engine, row, statements);
    migrations.push({ ...migration, statements, done: resumed ? row.step : 0, resumed });
  }
  return {
    direction: 'down',
    migrations,
    losses: await losses(
      engine,
      path.map(({ migration }) => migration),
    ),
  };
}

/** @throws UNKNOWN_TARGET */
function requireTarget(target: string, known: readonly Migration[], ledger: readonly LedgerRow[]): void {
  const versions = sorted([...known, ...ledger]).map(({ version }) => version);
  if (VERSION_PATTERN.test(target) && versions.includes(target)) return;
  const why = VERSION_PATTERN.test(target) ? 'There is no migration' : 'Not a version of a migration:';
  throw new MultiFlexiError('UNKNOWN_TARGET', `${why} ${target}; nothing was done.`, {
    next: `Versions have the form YYYYMMDDHHMMSS; db:status lists them (the newest is ${versions.at(-1) ?? 'none'}).`,
  });
}

/** An interrupted migration goes on only if its steps are still those that were begun. @throws MIGRATION_CHANGED */
async function requireUnchanged(
  engine: Engine,
  row: LedgerRow,
  statements: readonly DdlStatement[],
): Promise<void> {
  const { stepHash } = await import('./step-hash.ts');
  const recorded = await readSteps(engine, row.version, row.direction);
  const changedAt = statements.findIndex(
    (statement, index) => recorded[index]?.hash !== stepHash(statement.sql),
  );
  if (changedAt < 0 && recorded.length === statements.length) return;
  throw new MultiFlexiError(
    'MIGRATION_CHANGED',
    `Migration ${row.version} ${row.name} stopped at step ${row.step} of ${row.steps}, and its steps are no longer those it was begun with (they differ from step ${changedAt < 0 ? Math.min(recorded.length, statements.length) + 1 : changedAt + 1} on).`,
    {
      next: `Run the program that began it (version ${row.program_version}) once more, so that it is finished; then this one.`,
    },
  );
}

function halfWay(row: LedgerRow, command: string): MultiFlexiError {
  return new MultiFlexiError(
    'MIGRATION_FAILED',
    `Migration ${row.version} ${row.name} is half way ${row.direction}: ${row.step} of ${row.steps} steps are done.`,
    { next: `Run multiflexi-cli ${command} first; it goes on where that run stopped.` },
  );
}

function noWayDown(row: LedgerRow): MultiFlexiError {
  return new MultiFlexiError(
    'FOREIGN_DATABASE',
    `Migration ${row.version} ${row.name} is applied, but this program does not have it and cannot revert it; nothing was done.`,
    {
      next: `Use the program that applied it (version ${row.program_version}) to roll it back.`,
    },
  );
}

async function losses(engine: Engine, path: readonly Migration[]): Promise<Loss[]> {
  const destroyed = path.flatMap(({ down }) => down.flatMap((operation) => operation.destroys ?? []));
  const tables = new Set(destroyed.filter((loss) => loss.column === undefined).map((loss) => loss.table));
  const present = new Map(
    (await engine.introspect()).map((table) => [table.name, new Set(table.columns.map(({ name }) => name))]),
  );
  const found: Loss[] = [];
  for (const { table, column } of destroyed) {
    // A column that goes with its table is not lost twice; one already gone in an interrupted run is not lost now.
    if (column !== undefined && (tables.has(table) || !present.get(table)?.has(column))) continue;
    if (!present.has(table)) continue;
    const values = await count(engine, table, column);
    if (values > 0) found.push({ table, column: column ?? null, values });
  }
  return found;
}

async function count(engine: Engine, table: string, column: string | undefined): Promise<number> {
  const { sql } = await import('kysely');
  const counted = column === undefined ? sql`*` : sql.ref(column);
  const { rows } = await sql<{ n: bigint }>`select count(${counted}) as n from ${sql.table(table)}`.execute(
    engine.kysely<unknown>(),
  );
  return Number(rows[0]?.n ?? 0n);
}

function sorted<T extends { readonly version: string }>(migrations: readonly T[]): T[] {
  return [...migrations].sort((a, b) => (a.version < b.version ? -1 : 1));
}
