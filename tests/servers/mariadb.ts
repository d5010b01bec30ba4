import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Blueprint, Command, Installation, Place } from './contract.ts';
import { asRoot, tlsOptions } from './mysql.ts';

/** What makes throw-away data quick: nothing is forced to disk, nothing is written twice, little memory. */
const fastOptions = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--innodb-doublewrite=OFF',
  '--innodb-buffer-pool-size=64M',
];

/** The scripts that fill the database `mysql`, in their order; their names begin with mysql_ or mariadb_. */
const scripts = [
  'system_tables.sql',
  'performance_tables.sql',
  'system_tables_data.sql',
  'fill_help_tables.sql',
  'sys_schema.sql',
];

/**
 * How a MariaDB server is initialised and started. `mariadb-install-db` starts binaries by itself, which does not work
 * through a loader, so its work is done here: the server in bootstrap mode reads the scripts.
 *
 * @throws when the scripts are not beside the server.
 */
export function planMariadb(installation: Installation, place: Place): Blueprint {
  const { directory, certificates } = place;
  const data = join(directory, 'data');
  const startSql = join(directory, 'start.sql');
  const bootstrapSql = join(directory, 'bootstrap.sql');
  const socket = join(place.sockets, 'mariadb.sock');
  const share = shareFolder(installation.base);
  const program = [...installation.loader, installation.server, '--no-defaults'];
  const common = [...unpackedFolders(installation, share), `--datadir=${data}`, ...asRoot()];
  if (place.fast) common.push(...fastOptions);
  return {
    user: 'root',
    socket,
    tlsCa: certificates?.ca,
    files: {
      [startSql]: rootSql(place.password),
      [bootstrapSql]: bootstrap(share),
      ...Object.fromEntries(
        Object.entries(place.variant.dataFiles ?? {}).map(([name, text]) => [join(data, name), text]),
      ),
    },
    steps: [{ argv: [...program, '--bootstrap', ...common], input: bootstrapSql, stop: 'SIGTERM' }],
    serve: (port): Command => ({
      argv: [
        ...program,
        ...common,
        ...(certificates === undefined ? [] : tlsOptions(certificates)),
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        `--socket=${socket}`,
        `--pid-file=${join(directory, 'server.pid')}`,
        `--init-file=${startSql}`,
        '--max-connections=200',
        // The data is thrown away, so nothing need be written out at the end.
        '--innodb-fast-shutdown=2',
        ...(place.variant.options ?? []),
      ],
      stop: 'SIGTERM',
    }),
  };
}

function shareFolder(base: string): string {
  const folders = ['share/mariadb', 'share/mysql', 'share'].map((name) => join(base, name));
  const found = folders.find((folder) => scriptIn(folder, 'system_tables.sql') !== undefined);
  if (found === undefined) throw new Error(`no scripts for a new database in ${folders.join(', ')}`);
  return found;
}

function scriptIn(share: string, script: string): string | undefined {
  return [`mariadb_${script}`, `mysql_${script}`, script]
    .map((name) => join(share, name))
    .find((file) => existsSync(file));
}

function bootstrap(share: string): string {
  const parts = scripts.flatMap((script) => {
    const file = scriptIn(share, script);
    return file === undefined ? [] : [readFileSync(file, 'utf8')];
  });
  // Without this root could log in without its password from the same user of the machine.
  const start = 'create database if not exists mysql;\nuse mysql;\nSET @auth_root_socket=NULL;\n';
  // The scripts also make root accounts without a password, for the machine's own name and ::1.
  const end = "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';\n";
  return `${start}${parts.join('\n')}\n${end}`;
}

/** A server that was unpacked elsewhere does not find its own files. */
function unpackedFolders({ source, base }: Installation, share: string): string[] {
  if (source === 'machine') return [];
  const plugins = join(base, 'lib/mysql/plugin');
  return [
    `--basedir=${base}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
    ...(existsSync(plugins) ? [`--plugin-dir=${plugins}`] : []),
  ];
}

/** Gives root a password; run by the server at its start, before it takes connections. */
function rootSql(password: string): string {
  return `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';
CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
`;
}
