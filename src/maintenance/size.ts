/** How big the database is. */
import { countRows, type DatabaseSize, type Engine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';

export interface MeasureOptions {
  /** Counts the rows, and the pages where those are an estimate: takes as long as reading an index of each table, or the file. */
  readonly exact: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Rows, bytes and free bytes of each table, biggest first. Reads only, and takes no longer for more rows unless exact. */
export async function measure(engine: Engine, options: MeasureOptions): Promise<DatabaseSize> {
  const size = await engine.sizes(options.exact ? 'full' : 'cheap');
  if (!options.exact) return size;
  const tables: DatabaseSize['tables'][number][] = [];
  for (const table of size.tables) {
    options.signal?.throwIfAborted();
    const rows = table.rowsExact ? table.rows : await counted(engine, table.name);
    tables.push(rows === null ? table : { ...table, rows, rowsExact: true });
  }
  return { ...size, tables };
}

/** @returns null where somebody has the table to himself */
async function counted(engine: Engine, table: string): Promise<number | null> {
  try {
    return await countRows(engine.kysely<unknown>(), table);
  } catch (error) {
    if (isMultiFlexiError(error, 'LOCK_TIMEOUT')) return null;
    throw error;
  }
}
