/** How long a thread of the console keeps its connection: a server's until an open page asks again, a file's no longer than needed. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { Engines } from '../../src/server/work/engines.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';

const SECOND = 1_000;
/** As pages refresh themselves, and a little more. */
const NEXT_LOOK = 31 * SECOND;

const WHICH_SESSION = {
  mysql: sql<{ id: unknown }>`select connection_id() as id`,
  mariadb: sql<{ id: unknown }>`select connection_id() as id`,
  postgresql: sql<{ id: unknown }>`select pg_backend_pid() as id`,
};

describeEngines('the connection of a thread', (name) => {
  beforeEach(() => {
    // Those of drivers as well: they close what is idle, too.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function sessionOf(engine: Engine): Promise<unknown> {
    if (name === 'sqlite') return engine;
    const { rows } = await WHICH_SESSION[name].execute(engine.kysely());
    return rows[0]?.id;
  }

  /** @param rests between one question and the next, in milliseconds @returns the session that answered each of them */
  async function asking(...rests: number[]): Promise<unknown[]> {
    const database = await migratedDatabase(name);
    const { environment } = database;
    const engines = new Engines({ environment });
    const ask = () => engines.using('inspect', sessionOf);
    const sessions = [await ask()];
    for (const rest of rests) {
      vi.advanceTimersByTime(rest);
      sessions.push(await ask());
    }
    await engines.closeWhenDone();
    await database.drop();
    return sessions;
  }

  test('is kept until an open page asks again, unless it is a file, which may be replaced', async () => {
    const [first, next] = await asking(NEXT_LOOK);
    if (name === 'sqlite') expect(next).not.toBe(first);
    else expect(next).toBe(first);
  });

  test('is closed when nobody asks any more, and now and then in any case', async () => {
    const [first, later] = await asking(60 * SECOND);
    expect(later).not.toBe(first);
    const looks = await asking(...Array.from({ length: 21 }, () => NEXT_LOOK));
    expect(new Set(looks).size).toBeGreaterThan(1);
  });
});
