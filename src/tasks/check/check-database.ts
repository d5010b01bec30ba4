/** What is wrong with a database, and what fixes it. */
import type { Engine, ServerProduct } from '../../engines/index.ts';
import { LEASES } from '../../leases/index.ts';
import {
  type Check,
  type CheckReport,
  idCounters,
  indexes,
  leftovers,
  runChecks,
  server,
  structure,
  unusedIndexes,
} from '../../maintenance/index.ts';
import { IMPORT_MARK, LEDGER, MIGRATIONS, modelOf, STEPS } from '../../migrations/index.ts';
import type { TaskContext } from '../context.ts';
import { readStatus } from '../status.ts';
import { orphans } from './orphans.ts';
import { SchemaComparison } from './schema.ts';

export interface CheckRequest {
  /** Only what takes a moment however large the database is. */
  readonly quick: boolean;
  /** What each check may take. */
  readonly timeoutMs: number;
}

export interface DatabaseCheck extends CheckReport {
  /** What the server is beyond its name. */
  readonly products: readonly ServerProduct[];
  /** Migrations that are not applied yet; what they would make is not compared. */
  readonly pending: number;
}

/** Reads only. @throws FOREIGN_DATABASE, CONNECTION_LOST, the signal's reason */
export async function checkDatabase(
  { engine, signal, onProgress }: TaskContext,
  { quick, timeoutMs }: CheckRequest,
): Promise<DatabaseCheck> {
  const { foreign, pending } = await readStatus({ engine });
  if (foreign) throw foreign;
  const report = await runChecks(engine, checksOf(engine), {
    quick,
    timeoutMs,
    tables: await tablesOfThisProgram(engine),
    signal,
    onProgress: (done, expected) => onProgress?.({ activity: 'checking', done, expected, unit: 'checks' }),
  });
  return { ...report, products: await engine.serverProducts(), pending };
}

function checksOf(engine: Engine): readonly Check[] {
  const comparison = new SchemaComparison(engine);
  return [
    structure,
    comparison.schema,
    comparison.storage,
    indexes(comparison.indexes),
    unusedIndexes(comparison.indexes),
    orphans,
    idCounters,
    leftovers(comparison.leftovers),
    server(),
  ];
}

/** Those that are there, with what is kept about the database itself. */
async function tablesOfThisProgram(engine: Engine): Promise<string[]> {
  const ours = new Set([
    ...modelOf(MIGRATIONS).keys(),
    LEDGER,
    STEPS,
    LEASES,
    IMPORT_MARK,
    ...engine.ownTables,
  ]);
  return (await engine.tableNames()).filter((name) => ours.has(name));
}
