/** Space of tables on MySQL and MariaDB: InnoDB's files keep what was deleted until a table is written again. */
import { type Kysely, sql } from 'kysely';
import type { SpaceRemedy, SpaceUse } from '../contract/upkeep.ts';
import { isOwnDatabase } from './own-database.ts';

/** What InnoDB keeps free in the file of every table that grows: four extents and a bit. */
export const ORDINARY_FREE = 8 * 1024 * 1024;

interface TableSpace {
  name: string;
  bytes: bigint | null;
  free: bigint | null;
  own_file: bigint | number;
}

/**
 * InnoDB counts extents (1 MiB) that are free as a whole, after its purge threads have come by: the figure grows for a
 * while after a delete, and pages that are half empty are never in it. A file does not shrink by any of that.
 */
export async function space(db: Kysely<unknown>, names: readonly string[]): Promise<SpaceUse> {
  const { rows } = await sql<TableSpace>`
    select table_name as name, data_length + index_length + data_free as bytes, data_free as free,
           @@innodb_file_per_table as own_file
    from information_schema.tables
    where ${isOwnDatabase('table_schema')} and table_name in (${sql.join(names)})
    order by table_name`.execute(db);
  const tables = rows.map(({ name, bytes, free }) => ({
    name,
    bytes: Number(bytes ?? 0),
    free: Number(free ?? 0),
  }));
  // All tables of a shared file tell that file's free space.
  const shared = rows.some(({ own_file }) => Number(own_file) === 0);
  const free = tables.map((table) => table.free);
  const loose = tables.filter((table) => table.free > ORDINARY_FREE);
  return {
    diskBytes: null,
    freeBytes: shared ? Math.max(0, ...free) : free.reduce((sum, bytes) => sum + bytes, 0),
    estimated: true,
    gain: 0,
    remedies: loose.length === 0 ? [] : [optimize(loose, shared)],
    notes: [
      'InnoDB frees deleted rows a little later and counts only whole extents, so this is the amount so far.',
    ],
  };
}

function optimize(
  tables: readonly { name: string; bytes: number; free: number }[],
  shared: boolean,
): SpaceRemedy {
  const needs =
    'free disk space on the server for a second copy of the largest of them; SELECT and INSERT privileges; replicas repeat it';
  return {
    ours: false,
    sql: `OPTIMIZE TABLE ${tables.map(({ name }) => name).join(', ')};`,
    gives: 'returns their free space to the disk',
    lock: 'rebuilds each table while others read and write it. At the start and the end it takes an exclusive metadata lock for a moment; that waits for long transactions, and everybody else waits behind it',
    needs: shared
      ? `SET GLOBAL innodb_file_per_table = ON first, as these tables may be in a shared file, which never shrinks; ${needs}`
      : needs,
    needsBytes: Math.max(...tables.map(({ bytes, free }) => bytes - free)),
  };
}
