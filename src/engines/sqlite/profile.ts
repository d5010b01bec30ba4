import { SqliteAdapter, SqliteQueryCompiler } from 'kysely';
import type { SqliteSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import { offlineDdl } from '../ddl/kysely-ddl.ts';
import type { EngineProfile } from '../profile.ts';
import type { StatementLog } from '../statement-log.ts';
import { SQLITE_DDL } from './types.ts';

export const SQLITE = {
  name: 'sqlite',
  connection: 'sqlite',
  alsoNamed: ['sqlite3', 'pdo_sqlite'],
  defaultPort: null,
  ddl: () => offlineDdl(SQLITE_DDL, new SqliteAdapter(), new SqliteQueryCompiler()),
  open: async (settings: SqliteSettings, access: Access, log?: StatementLog) =>
    (await import('./index.ts')).openSqlite(settings, access, log),
} as const satisfies EngineProfile;
