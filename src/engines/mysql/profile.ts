import type { EngineProfile } from '../profile.ts';
import { openByProtocol } from './open.ts';

export const MYSQL = {
  name: 'mysql',
  connection: 'mysql',
  alsoNamed: ['mysqli', 'mysql2', 'pdo_mysql'],
  defaultPort: 3306,
  ddl: async () => (await import('./offline-ddl.ts')).ddlWithoutDatabase(),
  open: openByProtocol,
} as const satisfies EngineProfile;
