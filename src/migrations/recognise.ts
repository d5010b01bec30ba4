/** What kind of database we are looking at, by the names of its tables, before anything is done to it. */
import type { Engine } from '../engines/index.ts';
import type { MultiFlexiError } from '../errors.ts';
import { foreignDatabase, hiddenBySchema, phpEdition } from './failures.ts';
import { ledgerIsMissing } from './ledger/failures.ts';
import { LEDGER } from './ledger/tables.ts';
import { modelOf } from './model-of.ts';
import { unrecorded } from './unrecorded.ts';
import { MIGRATIONS } from './versions/index.ts';

/**
 * `php-edition`: made by MultiFlexi's PHP edition, whose migrations and tables are other ones. `foreign`: has
 * tables of our names but no ledger of ours. `empty`: nothing of ours yet, other tables do not matter.
 */
export type DatabaseKind = 'ours' | 'empty' | 'php-edition' | 'foreign';

export async function recognise(engine: Engine): Promise<DatabaseKind> {
  return kindBy(new Set(await engine.tableNames()));
}

/** @param names of all its tables */
export function kindBy(names: ReadonlySet<string>): DatabaseKind {
  if (names.has(LEDGER)) return 'ours';
  if (names.has('phinxlog')) return 'php-edition';
  return [...modelOf(MIGRATIONS).keys()].some((table) => names.has(table)) ? 'foreign' : 'empty';
}

/**
 * Where no ledger is among the tables, it may lie behind them: the current schema is the first of the search_path that exists, and
 * one that was made later hides all that there is. @throws SESSION_REFUSED
 */
export async function requireNotHidden(engine: Engine): Promise<void> {
  const schema = await engine.schemaBehind(LEDGER);
  if (schema !== null) throw hiddenBySchema(engine.where, schema);
}

/**
 * @param recording the version up to which migrations are to be recorded, not run: that is let through for a schema
 * that is exactly of that version
 * @throws FOREIGN_DATABASE, SCHEMA_UNRECORDED
 */
export async function refuseForeign(engine: Engine, recording?: string): Promise<void> {
  const kind = await recognise(engine);
  if (kind !== 'ours') await requireNotHidden(engine);
  if (kind === 'foreign') {
    const lost = await unrecorded(engine, MIGRATIONS, ledgerIsMissing(LEDGER));
    if (lost.version !== undefined && lost.version === recording) return;
    if (lost.version !== undefined) throw lost;
  }
  const error = foreignError(kind, engine.where);
  if (error) throw error;
}

export function foreignError(kind: DatabaseKind, where: string): MultiFlexiError | undefined {
  if (kind === 'php-edition') return phpEdition(where);
  return kind === 'foreign' ? foreignDatabase(where) : undefined;
}
