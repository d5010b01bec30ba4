/** What a server believes of tables that a test has just filled. */
import { runIn } from '../servers/index.ts';
import type { TestDatabase } from './databases.ts';
import { serverOf } from './engines.ts';

/**
 * Brings them up to date, as an hour of a server's life does: MySQL takes a table that was filled in one transaction for
 * an empty one, and reads all of it for each question.
 */
export async function refreshStatistics({ engineName, environment }: TestDatabase): Promise<void> {
  if (engineName === 'sqlite') return; // It keeps none unless it is told to.
  const server = serverOf(engineName);
  const { DB_DATABASE = '' } = environment;
  if (engineName === 'postgresql') {
    await runIn(server, DB_DATABASE, 'analyze');
    return;
  }
  const tables = await runIn(
    server,
    DB_DATABASE,
    `select table_name as name from information_schema.tables where table_schema = '${DB_DATABASE}'`,
  );
  const names = tables.map(({ name }) => `\`${name}\``).join(', ');
  await runIn(server, DB_DATABASE, `analyze table ${names}`);
}
