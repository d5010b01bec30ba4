/** Makes rows whose parent is missing, the way each engine lets them come about. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';

const OFF: Readonly<Record<string, readonly [off: string, on: string]>> = {
  sqlite: ['pragma foreign_keys = off', 'pragma foreign_keys = on'],
  mysql: ['set foreign_key_checks = 0', 'set foreign_key_checks = 1'],
  mariadb: ['set foreign_key_checks = 0', 'set foreign_key_checks = 1'],
  postgresql: ['set session_replication_role = replica', 'set session_replication_role = origin'],
};

/** Nothing that the work does is held against a foreign key, nor cascades. */
export async function withoutForeignKeys(
  engine: Engine,
  work: (db: Kysely<Database>) => Promise<unknown>,
): Promise<void> {
  const [off = '', on = ''] = OFF[engine.name] ?? [];
  await engine
    .kysely<Database>()
    .connection()
    .execute(async (db) => {
      await sql.raw(off).execute(db);
      try {
        await work(db);
      } finally {
        await sql.raw(on).execute(db);
      }
    });
}
