/** Which rows of a chunk another session has locked, asked for after a wait for them was in vain. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';
import { CHILDREN, type ChildTable } from './children.ts';
import type { PurgedTable } from './dependents.ts';

interface Rows {
  readonly table: PurgedTable;
  readonly ids: readonly bigint[];
}

/** @throws LOCK_TIMEOUT where somebody has locked the whole table */
export async function lockedAmong(engine: Engine, { table, ids }: Rows): Promise<ReadonlySet<bigint>> {
  return engine
    .kysely<Database>()
    .transaction()
    .execute(async (db) => {
      const locked = new Set(await lockedKeys(engine, db, table, 'id', ids));
      if (table === 'job')
        for (const child of CHILDREN)
          for (const job of await lockedKeys(engine, db, child, 'job_id', ids)) locked.add(job);
      return locked;
    });
}

/** What a locking read passes over, though it is there. */
async function lockedKeys(
  engine: Engine,
  db: Kysely<Database>,
  table: PurgedTable | ChildTable,
  key: 'id' | 'job_id',
  ids: readonly bigint[],
): Promise<readonly bigint[]> {
  const all = sql<{ id: bigint; key: bigint }>`
    select id, ${sql.ref(key)} as ${sql.id('key')} from ${sql.table(table)} where ${engine.among(key, ids)}`;
  const { rows: free } = await sql<{ id: bigint; key: bigint }>`${all} for update skip locked`.execute(db);
  const found = new Set(free.map(({ id }) => id));
  const { rows: there } = await all.execute(db);
  return there.filter(({ id }) => !found.has(id)).map((row) => row.key);
}
