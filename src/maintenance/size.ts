/** How big the database is. */
import { countRows, type DatabaseSize, type Engine } from '../engines/index.ts';

export interface MeasureOptions {
  /** Count the rows instead of asking the engine's statistics; reads an index of every table. */
  readonly exact: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Rows, bytes and free bytes of each table, biggest first. Reads only. */
export async function measure(engine: Engine, options: MeasureOptions): Promise<DatabaseSize> {
  const size = await engine.sizes();
  if (!options.exact) return size;
  const tables: DatabaseSize['tables'][number][] = [];
  for (const table of size.tables) {
    options.signal?.throwIfAborted();
    tables.push(
      table.rowsExact
        ? table
        : { ...table, rows: await countRows(engine.kysely<unknown>(), table.name), rowsExact: true },
    );
  }
  return { ...size, tables };
}
