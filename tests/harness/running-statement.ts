/** Waits until a server runs a statement, or has ended a session: what a test is to do then, it must not do before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runOn, type ServerEngine } from '../servers/index.ts';
import type { TestDatabase } from './databases.ts';
import { serverOf } from './engines.ts';

/** `$` is the database's name. */
const RUNNING: Readonly<Record<ServerEngine, string>> = {
  mysql: "select info as statement from performance_schema.processlist where db = '$'",
  mariadb: "select info as statement from information_schema.processlist where db = '$'",
  postgresql: "select query as statement from pg_stat_activity where datname = '$' and state = 'active'",
};

/** @throws after half a minute; on SQLite, which runs in the process itself */
export async function untilRuns({ engineName, environment }: TestDatabase, statement: string): Promise<void> {
  if (engineName === 'sqlite') throw new Error('SQLite has no sessions to look at');
  const running = RUNNING[engineName].replace('$', environment.DB_DATABASE ?? '');
  for (let tries = 600; tries > 0; tries--) {
    const rows = await runOn(serverOf(engineName), running);
    if (rows.some((row) => row.statement === statement)) return;
    await sleep(50);
  }
  throw new Error(`no session of ${environment.DB_DATABASE} runs ${statement}`);
}

const LISTED: Readonly<Record<ServerEngine, string>> = {
  mysql: 'select id from performance_schema.processlist',
  mariadb: 'select id from information_schema.processlist',
  postgresql: 'select pid as id from pg_stat_activity',
};

/** Waits until a server has ended a session. @throws after half a minute */
export async function untilGone(name: ServerEngine, session: string): Promise<void> {
  for (let tries = 600; tries > 0; tries--) {
    const rows = await runOn(serverOf(name), LISTED[name]);
    if (!rows.some(({ id }) => String(id) === session)) return;
    await sleep(50);
  }
  throw new Error(`${name} has not ended its session ${session}`);
}
