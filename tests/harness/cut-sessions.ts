/** Ends every session of a database on its server, as an administrator or a restart would. */
import { sql } from 'kysely';
import { administer, type TestDatabase } from './engines.ts';

export async function cutSessions({ engineName, environment, open }: TestDatabase): Promise<void> {
  if (engineName === 'sqlite') throw new Error('SQLite has no sessions');
  const { DB_DATABASE = '' } = environment;
  if (engineName === 'postgresql') {
    return administer(
      engineName,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${DB_DATABASE}'`,
    );
  }
  const watcher = await open('inspect');
  // MySQL's information_schema.processlist fails on emoji in a statement of any session.
  const { rows } = await sql<{ Id: bigint; db: string; Info: string | null }>`show processlist`.execute(
    watcher.kysely<unknown>(),
  );
  const others = rows.filter(({ db, Info }) => db === DB_DATABASE && !Info?.startsWith('show processlist'));
  for (const { Id: id } of others) await administer(engineName, `kill ${id}`).catch(() => {}); // It may have ended by itself.
  await watcher.close();
}
