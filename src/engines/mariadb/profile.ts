import { openByProtocol } from '../mysql/open.ts';
import type { EngineProfile } from '../profile.ts';

export const MARIADB = {
  name: 'mariadb',
  connection: 'mysql',
  alsoNamed: ['mariadb'],
  defaultPort: 3306,
  ddl: async () => (await import('./offline-ddl.ts')).ddlWithoutDatabase(),
  open: openByProtocol,
} as const satisfies EngineProfile;
