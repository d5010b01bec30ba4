/** MariaDB: MySQL's family, with a collation, a JSON and defaults of its own. */

import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';
import type { MysqlServer } from '../mysql/connection.ts';
import { mysqlFamilyEngine } from '../mysql/family.ts';
import type { ColumnDialect } from '../mysql/introspection.ts';
import { isOwnDatabase } from '../mysql/own-database.ts';
import { MARIADB_COLLATION } from '../mysql/types.ts';
import { MARIADB_SUPPORT } from '../support.ts';
import { compareVersions, requireVersion } from '../version.ts';
import { cannotHold } from './cannot-hold.ts';
import { MARIADB_PRESSURE } from './pressure.ts';
import { MARIADB_REBUILDING } from './rebuilding.ts';
import { MARIADB_REPLICATION } from './replication.ts';

const MINIMUM = [10, 5];
/** Source: MariaDB's documentation of SELECT, "SKIP LOCKED". */
const SKIP_LOCKED = [10, 6];

const COLUMNS: ColumnDialect = {
  jsonColumns,
  plainDefault(text) {
    // MariaDB writes a default as SQL: NULL, 'quoted', 1, or an expression.
    if (text === null || text === 'NULL') return null;
    const quoted = /^'((?:[^']|'')*)'$/.exec(text)?.[1];
    if (quoted !== undefined) return { text: quoted.replaceAll("''", "'"), isExpression: false };
    return { text, isExpression: !/^-?\d+$/.test(text) };
  },
};

/** JSON is a word for LONGTEXT with a check here; the check is what tells it from other texts. */
async function jsonColumns(db: Kysely<unknown>): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ table_: string; clause: string }>`
    select table_name as table_, check_clause as clause from information_schema.check_constraints
    where ${isOwnDatabase('constraint_schema')} and check_clause like 'json_valid(%'`.execute(db);
  return new Set(
    rows.flatMap(({ table_, clause }) => {
      const column = /^json_valid\(`(.+)`\)$/.exec(clause)?.[1];
      return column === undefined ? [] : [`${table_}.${column}`];
    }),
  );
}

export function openMariadb(server: MysqlServer): Engine {
  requireVersion('MariaDB', server.version, MINIMUM, 'older ones are no longer maintained');
  return mysqlFamilyEngine(server, {
    name: 'mariadb',
    product: 'MariaDB',
    support: MARIADB_SUPPORT,
    collation: MARIADB_COLLATION,
    columns: COLUMNS,
    cannotHold,
    skipLocked: compareVersions(server.version, SKIP_LOCKED) >= 0,
    replication: MARIADB_REPLICATION,
    idleLimit: 'idle_transaction_timeout',
    pressure: MARIADB_PRESSURE,
    rebuilding: MARIADB_REBUILDING,
    tableStatistics: 'innodb_sys_tablestats',
    innodbTables: 'innodb_sys_tables',
    innodbForeign: 'innodb_sys_foreign',
    serverId: ['hostname', 'port', 'datadir', 'server_id'],
  });
}
