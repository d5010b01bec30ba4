/** MySQL 8. */

import type { Engine } from '../engine.ts';
import { MYSQL_SUPPORT } from '../support.ts';
import { requireVersion } from '../version.ts';
import { cannotHold } from './cannot-hold.ts';
import type { MysqlServer } from './connection.ts';
import { mysqlFamilyEngine } from './family.ts';
import type { ColumnDialect } from './introspection.ts';
import { MYSQL_PRESSURE } from './mysql-pressure.ts';
import { MYSQL_REBUILDING } from './mysql-rebuilding.ts';
import { MYSQL_REPLICATION } from './replica-status.ts';
import { MYSQL_COLLATION } from './types.ts';

const MINIMUM = [8, 0, 19];

const COLUMNS: ColumnDialect = {
  jsonColumns: async () => new Set(),
  plainDefault: (text, extra) =>
    text === null ? null : { text, isExpression: /DEFAULT_GENERATED/i.test(extra) },
};

export function openMysql(server: MysqlServer): Engine {
  requireVersion(
    'MySQL',
    server.version,
    MINIMUM,
    'of 8.0, the releases before 2020 lack enforced CHECKs and a binary collation without padding',
  );
  return mysqlFamilyEngine(server, {
    name: 'mysql',
    product: 'MySQL',
    support: MYSQL_SUPPORT,
    collation: MYSQL_COLLATION,
    columns: COLUMNS,
    cannotHold,
    skipLocked: true,
    replication: MYSQL_REPLICATION,
    idleLimit: 'wait_timeout',
    pressure: MYSQL_PRESSURE,
    rebuilding: MYSQL_REBUILDING,
    tableStatistics: 'innodb_tablestats',
    innodbTables: 'innodb_tables',
    innodbForeign: 'innodb_foreign',
    serverId: ['server_uuid', 'hostname'],
  });
}
