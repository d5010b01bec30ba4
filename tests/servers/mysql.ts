import { join } from 'node:path';
import type { Blueprint, Command, Installation, Place } from './contract.ts';

/** What makes throw-away data quick: nothing is forced to disk, nothing is written twice, little memory. */
const fastOptions = [
  '--disable-log-bin',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--innodb-doublewrite=OFF',
  '--innodb-buffer-pool-size=64M',
  '--loose-innodb-redo-log-capacity=64M',
];

/** How a MySQL server is initialised and started. */
export function planMysql(installation: Installation, place: Place): Blueprint {
  const { directory, certificates } = place;
  const data = join(directory, 'data');
  const startSql = join(directory, 'start.sql');
  const socket = join(place.sockets, 'mysql.sock');
  const program = [...installation.loader, installation.server, '--no-defaults'];
  const common = [...unpackedFolders(installation), `--datadir=${data}`, ...asRoot()];
  if (place.fast) common.push(...fastOptions);
  const tls = certificates === undefined ? [] : tlsOptions(certificates);
  return {
    user: 'root',
    socket,
    // Without a certificate of ours the server makes its own, which names no host.
    tlsCa: certificates?.ca ?? join(data, 'ca.pem'),
    files: { [startSql]: rootSql(place.password) },
    steps: [{ argv: [...program, '--initialize-insecure', ...common], stop: 'SIGTERM' }],
    serve: (port): Command => ({
      argv: [
        ...program,
        ...common,
        ...tls,
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        `--socket=${socket}`,
        `--pid-file=${join(directory, 'server.pid')}`,
        `--init-file=${startSql}`,
        '--max-connections=200',
        '--loose-mysqlx=OFF',
        // The folder it was built with may not be there, and the server would not start.
        '--secure-file-priv=NULL',
        // The data is thrown away, so nothing need be written out at the end.
        '--innodb-fast-shutdown=2',
        ...(place.variant.options ?? []),
      ],
      stop: 'SIGTERM',
    }),
  };
}

/** Options for the server's certificate; MariaDB knows the same. */
export function tlsOptions({ ca, cert, key }: { ca: string; cert: string; key: string }): string[] {
  return [`--ssl-ca=${ca}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`];
}

/** Both MySQL and MariaDB want it said that root runs them. */
export function asRoot(): string[] {
  return process.geteuid?.() === 0 ? ['--user=root'] : [];
}

/** A server that was unpacked elsewhere does not find its own files. */
function unpackedFolders({ source, base }: Installation): string[] {
  if (source === 'machine') return [];
  const share = join(base, 'share/mysql');
  return [
    `--basedir=${base}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
    `--plugin-dir=${join(base, 'lib/mysql/plugin')}`,
  ];
}

/**
 * Gives root a password on TCP and the socket; run by the server at its start, before it takes connections. Whether a
 * connection to 127.0.0.1 counts as `localhost` depends on the machine's names, so both are there.
 */
function rootSql(password: string): string {
  return `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';
CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
`;
}
