/** Rows that could not be deleted when their turn came, and are tried again once everything else is done. */
import type { PurgedTable } from '../selection/dependents.ts';
import type { Chunk, ChunkCursor } from './walks.ts';

export interface DeferredRow {
  readonly table: Chunk['table'];
  readonly id: bigint;
  readonly archive: boolean;
  /** As the end of a sentence that begins with the row. */
  readonly reason: string;
  /** Another session has it; otherwise the database refuses to delete it. */
  readonly locked: boolean;
}

export class DeferredRows {
  private rows = new Map<string, DeferredRow>();

  add(row: DeferredRow): void {
    this.rows.set(keyOf(row), row);
  }

  get size(): number {
    return this.rows.size;
  }

  /** All of them, which are then no longer deferred unless they are added again. */
  take(): readonly DeferredRow[] {
    const taken = [...this.rows.values()];
    this.rows = new Map();
    return taken;
  }
}

/** Lanes that give these rows, and end. */
export function cursorsOf(rows: readonly DeferredRow[]): ChunkCursor[] {
  const groups = Map.groupBy(rows, ({ table, archive }) => `${table} ${archive}`);
  return [...groups.values()].map((group): ChunkCursor => {
    const left = [...group];
    return async (limit) => {
      const [first, ...others] = left.splice(0, limit);
      if (!first) return undefined;
      const { table, archive } = first;
      return { table, archive, ids: [first, ...others].map(({ id }) => id) };
    };
  });
}

function keyOf({ table, id }: { readonly table: PurgedTable; readonly id: bigint }): string {
  return `${table} ${id}`;
}
