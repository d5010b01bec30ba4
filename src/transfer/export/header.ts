/** What an export says of itself before its rows, the same in both forms. */
import type { Engine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { MIGRATIONS, readProgress, requireFinished, requireMigrated } from '../../migrations/index.ts';
import { findInstallation } from '../../schema/index.ts';
import type { Source } from '../row-stream/format.ts';
import { sourceOf } from '../source.ts';
import type { ChosenTables, Company } from './selection.ts';

/** Of a row stream, and of the JSON form. */
export const EXPORT = 'export';

/** The migrations that the rows' schema is of. */
export interface SchemaState {
  /** The newest of them. */
  readonly version: string;
  readonly migrations: readonly string[];
  /** By table, the id that its next row would get: those that were given are not given again, whatever became of their rows. */
  readonly nextIds?: Readonly<Record<string, number | string>> | undefined;
}

export interface ExportHead {
  readonly created: string;
  readonly source: Source;
  readonly schema: SchemaState;
  readonly selection: {
    /** Its id as a text where a number is not exact. */
    readonly company: { readonly id: number | string; readonly name: string } | null;
    readonly tables: readonly string[] | null;
    readonly without: readonly string[];
  };
}

/** @throws FOREIGN_DATABASE, NOT_MIGRATED for a database that is empty or whose migration was interrupted */
export async function exportHead(
  engine: Engine,
  { tables, without }: ChosenTables,
  company: Company | null,
): Promise<ExportHead> {
  return {
    created: new Date().toISOString(),
    source: sourceOf(engine, await findInstallation(engine)),
    schema: await schemaState(engine),
    selection: { company: company && { id: exact(company.id), name: company.slug }, tables, without },
  };
}

/** An older schema can be exported: whoever imports it migrates it. @throws FOREIGN_DATABASE, NOT_MIGRATED */
export async function schemaState(engine: Engine): Promise<SchemaState> {
  await requireFinished(engine);
  const { migrations } = await readProgress(engine, MIGRATIONS);
  const applied = migrations.filter(({ status }) => status === 'up').map(({ version }) => version);
  if (applied.length === 0) await requireMigrated(engine);
  return { version: applied.at(-1) ?? '', migrations: applied };
}

/** @returns undefined for an account that may read rows, but not the counters */
export async function nextIdsOf(engine: Engine, tables: readonly string[]): Promise<SchemaState['nextIds']> {
  try {
    const counters = await engine.idCounters(engine.kysely<unknown>(), tables);
    return Object.fromEntries(counters.map(({ table, next }) => [table, exact(next)]));
  } catch (error) {
    if (isMultiFlexiError(error, 'PERMISSION_DENIED')) return undefined;
    throw error;
  }
}

function exact(id: bigint): number | string {
  return Number.isSafeInteger(Number(id)) ? Number(id) : String(id);
}
