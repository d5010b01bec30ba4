/** Waits until a session of a database waits for another one's lock: what a test is to do then, it must not do before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runOn, type ServerEngine } from '../servers/index.ts';
import type { TestDatabase } from './databases.ts';
import { serverOf } from './engines.ts';

/** What finds those sessions, for a lock of a row or of a whole table; `$` is the database's name. */
const BLOCKED: Readonly<Record<ServerEngine, string>> = {
  mysql: `select 1 from performance_schema.processlist p left join information_schema.innodb_trx t
    on t.trx_mysql_thread_id = p.id
    where p.db = '$' and (t.trx_state = 'LOCK WAIT' or p.state like 'Waiting for table%')`,
  mariadb: `select 1 from information_schema.processlist p left join information_schema.innodb_trx t
    on t.trx_mysql_thread_id = p.id
    where p.db = '$' and (t.trx_state = 'LOCK WAIT' or p.state like 'Waiting for table%')`,
  postgresql: "select 1 from pg_stat_activity where datname = '$' and wait_event_type = 'Lock'",
};

/** InnoDB answers with what it said before whoever asks again within a tenth of a second. */
const LOOK_MS = 150;

/** @param sessions how many of them @throws after half a minute; on SQLite, whose sessions wait inside of this process, where nobody can look meanwhile */
export async function untilBlocked({ engineName, environment }: TestDatabase, sessions = 1): Promise<void> {
  if (engineName === 'sqlite') throw new Error('SQLite has no sessions to look at');
  const statement = BLOCKED[engineName].replace('$', environment.DB_DATABASE ?? '');
  for (let tries = 200; tries > 0; tries--) {
    // MySQL cannot list transactions while any of them executes a statement with an emoji, of whichever test.
    const blocked = await runOn(serverOf(engineName), statement).catch(unlessNotListed);
    if (blocked.length >= sessions) return;
    await sleep(LOOK_MS);
  }
  throw new Error(`no session of ${environment.DB_DATABASE} waits for a lock`);
}

function unlessNotListed(error: unknown): never[] {
  if (String(error).includes('utf8mb3')) return [];
  throw error;
}
