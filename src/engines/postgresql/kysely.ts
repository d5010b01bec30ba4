/** Kysely on PostgreSQL: on the pool, or on one session alone. */
import { Kysely, PostgresAdapter, PostgresDialect, PostgresDriver, type PostgresPool } from 'kysely';
import type pg from 'pg';
import { kyselyLog } from '../statement-log.ts';
import { translatingDriver } from '../translating-driver.ts';
import type { PostgresqlServer } from './connection.ts';

export function kyselyOn(server: PostgresqlServer, pool: PostgresPool): Kysely<unknown> {
  const config = { pool };
  const parent = new PostgresDialect(config);
  const dialect = {
    createDriver: () => translatingDriver(new PostgresDriver(config), server.translate),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => parent.createQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => parent.createIntrospector(db),
  };
  return new Kysely<unknown>({ dialect, ...kyselyLog(server.log) });
}

/** A pool of one session that is never given back; ending the session stays with the caller. */
export function poolOf(client: pg.Client): PostgresPool {
  const one = Object.assign(client, { release: () => {} });
  return {
    connect: async () => one,
    end: async () => {},
    Client: undefined,
    options: {},
  } as unknown as PostgresPool;
}
