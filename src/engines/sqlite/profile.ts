import type { SqliteSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import type { EngineProfile } from '../profile.ts';
import type { StatementLog } from '../statement-log.ts';

export const SQLITE = {
  name: 'sqlite',
  connection: 'sqlite',
  alsoNamed: ['sqlite3', 'pdo_sqlite'],
  defaultPort: null,
  ddl: async () => (await import('./offline-ddl.ts')).ddlWithoutDatabase(),
  open: async (settings: SqliteSettings, access: Access, log?: StatementLog) =>
    (await import('./index.ts')).openSqlite(settings, access, log),
} as const satisfies EngineProfile;
