import { PostgresAdapter, PostgresQueryCompiler } from 'kysely';
import type { ServerSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import { offlineDdl } from '../ddl/kysely-ddl.ts';
import type { EngineProfile } from '../profile.ts';
import type { StatementLog } from '../statement-log.ts';
import { POSTGRESQL_DDL } from './types.ts';

export const POSTGRESQL = {
  name: 'postgresql',
  connection: 'pgsql',
  alsoNamed: ['postgresql', 'postgres', 'pg', 'psql', 'pdo_pgsql'],
  defaultPort: 5432,
  ddl: () => offlineDdl(POSTGRESQL_DDL, new PostgresAdapter(), new PostgresQueryCompiler()),
  open: async (settings: ServerSettings, access: Access, log?: StatementLog) =>
    (await import('./index.ts')).openPostgresql(settings, access, log),
} as const satisfies EngineProfile;
