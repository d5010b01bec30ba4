/** One protocol, one setting, two products: the server itself says which it is. */
import type { ServerSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import type { Engine } from '../engine.ts';
import type { StatementLog } from '../statement-log.ts';

export async function openByProtocol(
  settings: ServerSettings,
  access: Access,
  log?: StatementLog,
): Promise<Engine> {
  const { connectMysql } = await import('./connection.ts');
  const server = await connectMysql(settings, access, log);
  try {
    if (server.isMariadb) return (await import('../mariadb/index.ts')).openMariadb(server);
    return (await import('./index.ts')).openMysql(server);
  } catch (error) {
    await server.close();
    throw error;
  }
}
