import type { ServerSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import type { EngineProfile } from '../profile.ts';
import type { StatementLog } from '../statement-log.ts';

export const POSTGRESQL = {
  name: 'postgresql',
  connection: 'pgsql',
  alsoNamed: ['postgresql', 'postgres', 'pg', 'psql', 'pdo_pgsql'],
  defaultPort: 5432,
  ddl: async () => (await import('./offline-ddl.ts')).ddlWithoutDatabase(),
  open: async (settings: ServerSettings, access: Access, log?: StatementLog) =>
    (await import('./index.ts')).openPostgresql(settings, access, log),
} as const satisfies EngineProfile;
