/** What a database has before an import: it must have no rows, and its schema must be that of the file, or none yet. */
import { sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { LEASES } from '../../leases/index.ts';
import {
  IMPORT_MARK,
  LEDGER,
  MIGRATIONS,
  modelOf,
  readProgress,
  recognise,
  refuseForeign,
  STEPS,
} from '../../migrations/index.ts';
import { importOfOtherFile, targetNotEmpty, targetOfOtherVersion, unknownTables } from './failures.ts';
import { type ImportMark, readMark } from './mark.ts';
import type { VerifiedExport } from './verify-export.ts';

export interface ImportTarget {
  /** `empty` has no tables of ours yet, `built` has them at the file's version, `interrupted` an import of this very file. */
  readonly state: 'empty' | 'built' | 'interrupted';
  readonly mark: ImportMark | undefined;
  /** What acts when rows are written, as `audit on job`: nothing that a migration makes does. */
  readonly hooks: readonly string[];
}

/** One row, which says whose database it is: the file's takes its place. */
export const INSTALLATION = 'installation';

/** Reads only. @throws NOT_EMPTY, NOT_MIGRATED, FOREIGN_DATABASE */
export async function inspectTarget(
  engine: Engine,
  { seal, schema }: Pick<VerifiedExport, 'seal' | 'schema'>,
): Promise<ImportTarget> {
  const kind = await recognise(engine);
  const mark = await readMark(engine);
  if (mark && mark.seal !== seal) throw importOfOtherFile(engine.where, mark.file, mark.begun);
  if (kind === 'php-edition' || kind === 'foreign') await refuseForeign(engine);
  const names = await engine.tableNames();
  const model = modelOf(MIGRATIONS);
  const own = new Set([LEDGER, STEPS, LEASES, IMPORT_MARK, ...engine.ownTables, ...model.keys()]);
  const unknown = names.filter((name) => !own.has(name));
  if (unknown.length > 0) throw unknownTables(engine.where, unknown);
  const ours = names.filter((name) => model.has(name));
  const hooks = ours.length === 0 ? [] : await engine.writeHooks(ours);
  const said = hooks.map(({ name, table }) => `${name} on ${table}`);
  if (mark) return { state: 'interrupted', mark, hooks: said };
  const versions = await appliedVersions(engine);
  if (versions.length === 0 && ours.length === 0) return { state: 'empty', mark: undefined, hooks: said };
  if (versions.join() !== [...schema.migrations].sort().join())
    throw targetOfOtherVersion(engine.where, versions.at(-1) ?? 'none', schema.version);
  const filled: string[] = [];
  for (const name of ours) if (name !== INSTALLATION && (await hasRows(engine, name))) filled.push(name);
  if (filled.length > 0) throw targetNotEmpty(engine.where, filled);
  return { state: 'built', mark: undefined, hooks: said };
}

/** An interrupted one makes the list another one than any file's. */
async function appliedVersions(engine: Engine): Promise<string[]> {
  const { migrations } = await readProgress(engine, MIGRATIONS);
  return migrations
    .filter(({ status }) => status !== 'down')
    .map(({ version, status }) => (status === 'up' ? version : `${version} (interrupted)`));
}

async function hasRows(engine: Engine, table: string): Promise<boolean> {
  const { rows } = await sql`select 1 as one from ${sql.table(table)} limit 1`.execute(
    engine.kysely<unknown>(),
  );
  return rows.length > 0;
}
