import { join } from 'node:path';
import type { Blueprint, Command, Installation, Place } from './contract.ts';

/** What makes throw-away data quick: nothing is forced to disk or written twice, little memory. */
const fastSettings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=32MB'];

/** How a PostgreSQL server is initialised and started. */
export function planPostgresql(installation: Installation, place: Place): Blueprint {
  const { directory, certificates, owner } = place;
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  const bin = join(installation.base, 'bin');
  const { follows } = place.variant;
  const initialise = [
    ...installation.loader,
    join(bin, 'initdb'),
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // In every C library, so that tests sort and fold alike on all machines.
    '--locale=C.UTF-8',
    '--no-sync',
  ];
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${place.sockets}`,
    'max_connections=200',
    ...(place.fast ? fastSettings : []),
  ];
  if (certificates !== undefined) {
    settings.push('ssl=on', `ssl_cert_file=${certificates.cert}`, `ssl_key_file=${certificates.key}`);
  }
  const options = [...settings.flatMap((setting) => ['-c', setting]), ...(place.variant.options ?? [])];
  const server = [...installation.loader, installation.server, '-D', data, ...options];
  return {
    user: 'postgres',
    socket: place.sockets,
    tlsCa: certificates?.ca,
    files: {
      [passwordFile]: `${place.password}\n`,
      ...(follows === undefined ? {} : { [passFile(directory)]: `*:*:*:*:${follows.password}\n` }),
    },
    steps: [
      {
        argv: follows === undefined ? initialise : copy(installation, follows, directory, data),
        owner,
        stop: 'SIGTERM',
      },
    ],
    // SIGINT is PostgreSQL's fast shutdown: SIGTERM would wait until every client has left.
    serve: (port): Command => ({ argv: [...server, '-c', `port=${port}`], owner, stop: 'SIGINT' }),
  };
}

function passFile(directory: string): string {
  return join(directory, 'pgpass');
}

/** A base backup that is told to follow where it came from; the password is in a file, where it is looked for later as well. */
function copy(
  { loader, base }: Installation,
  { host, port, user }: NonNullable<Place['variant']['follows']>,
  directory: string,
  data: string,
): string[] {
  const source = `host=${host} port=${port} user=${user} passfile=${passFile(directory)}`;
  const words = ['--write-recovery-conf', '--wal-method=stream', '--checkpoint=fast', '--no-sync'];
  return [...loader, join(base, 'bin/pg_basebackup'), `--pgdata=${data}`, `--dbname=${source}`, ...words];
}
