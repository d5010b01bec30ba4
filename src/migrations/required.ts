/** The guard of every command that works on our tables: they must exist, all of them. */
import type { Engine } from '../engines/index.ts';
import { importUnfinished, notFinished, notMigrated } from './failures.ts';
import { foreignError } from './recognise.ts';
import { readProgress } from './status.ts';
import { IMPORT_MARK } from './unfinished-import.ts';
import { MIGRATIONS } from './versions/index.ts';

/** When each open engine was found to be migrated, on the clock of `performance.now()`. */
const FOUND = new WeakMap<Engine, number>();
/** A cycle asks before each of its tasks: for so long, in milliseconds, the answer stands. */
const STANDS_MS = 30_000;

/** @throws FOREIGN_DATABASE, NOT_MIGRATED */
export async function requireMigrated(engine: Engine): Promise<void> {
  const found = FOUND.get(engine);
  if (found !== undefined && performance.now() - found < STANDS_MS) return;
  const pending = await requireFinished(engine);
  if (pending > 0) throw notMigrated(pending, MIGRATIONS.length, engine.where);
  FOUND.set(engine, performance.now());
}

/**
 * No migration may be interrupted; some may be pending.
 * @returns how many are pending
 * @throws FOREIGN_DATABASE, NOT_MIGRATED
 */
export async function requireFinished(engine: Engine): Promise<number> {
  const { kind, pending, migrations, isImported } = await readProgress(engine, MIGRATIONS);
  const foreign = foreignError(kind, engine.where);
  if (foreign) throw foreign;
  if (!isImported) throw importUnfinished(engine.where);
  for (const migration of migrations)
    if (migration.direction !== null) throw notFinished(migration, migration.direction, engine.where);
  return pending;
}

/**
 * For what changes the schema: an import builds it at the version of its file, and rows of that version are still to come.
 * @throws NOT_MIGRATED
 */
export async function refuseUnfinishedImport(engine: Engine): Promise<void> {
  if ((await engine.tableNames()).includes(IMPORT_MARK)) throw importUnfinished(engine.where);
}
