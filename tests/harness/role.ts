/** A role of the engines' contract, member by member on every engine: TypeScript refuses one that is left out. */
import { sql } from 'kysely';
import { afterAll, beforeAll, test } from 'vitest';
import type { DatabaseSettings, Engine, EngineName, ServerSettings } from '../../src/engines/index.ts';
import { openEngine } from '../../src/engines/index.ts';
import { administer, describeEngines, freshDatabase, type TestDatabase } from './engines.ts';

export interface OnEngine {
  readonly name: EngineName;
  readonly database: TestDatabase;
  readonly engine: Engine;
  /** Another process's sessions, as far as the database can tell. */
  readonly other: Engine;
  run(...statements: readonly string[]): Promise<void>;
  /** The first column of the first row. */
  value(statement: string): Promise<unknown>;
}

/** One database an engine, in which each member makes what it needs. */
export function describeRole<Role>(
  role: string,
  members: { readonly [Member in keyof Role]: (on: OnEngine) => void | Promise<void> },
): void {
  describeEngines(`${role}:`, (name) => {
    let database: TestDatabase;
    let engine: Engine;
    let other: Engine;
    beforeAll(async () => {
      database = await freshDatabase(name);
      engine = await database.open('create');
      other = await database.open();
    });
    afterAll(async () => {
      await other.close();
      await engine.close();
      await database.drop();
    });
    const each = Object.entries(members) as [string, (on: OnEngine) => void | Promise<void>][];
    test.each(each)('%s', async (_, check) => {
      await check({
        name,
        database,
        engine,
        other,
        run: async (...statements) => {
          for (const statement of statements) await sql.raw(statement).execute(engine.kysely<unknown>());
        },
        value: async (statement) => {
          const { rows } = await sql
            .raw<Record<string, unknown>>(statement)
            .execute(engine.kysely<unknown>());
          return Object.values(rows[0] ?? {})[0];
        },
      });
    });
  });
}

/** An account of MySQL or MariaDB that may do no more in the database than this; gone afterwards. What is granted to it meanwhile, a new login has. */
export async function asAccount<T>(
  name: 'mysql' | 'mariadb',
  settings: DatabaseSettings,
  privileges: string,
  work: (engine: Engine, logInAgain: () => Promise<Engine>) => Promise<T>,
): Promise<T> {
  const { database } = settings as ServerSettings;
  const user = `r_${database}`;
  await administer(name, `create user '${user}'@'%' identified by '${user}'`);
  try {
    await administer(name, `grant ${privileges} on ${database}.* to '${user}'@'%'`);
    const account = { ...(settings as ServerSettings), username: user, password: user };
    const opened: Engine[] = [];
    const logIn = async () => {
      const engine = await openEngine(account, 'change');
      opened.push(engine);
      return engine;
    };
    try {
      return await work(await logIn(), logIn);
    } finally {
      for (const engine of opened) await engine.close();
    }
  } finally {
    await administer(name, `drop user '${user}'@'%'`);
  }
}
