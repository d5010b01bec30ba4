/** What `DB_*` settings must be, in one schema; every message names the setting and what it should have been. */
import * as z from 'zod/mini';
import type { DatabaseSettings } from '../engines/index.ts';
import { type Connection, connectionNamed, defaultPort } from './connection.ts';
import { parseHost, parseSocket } from './host.ts';
import { sqliteFileFault } from './paths.ts';
import { parseReplicas } from './replicas.ts';

const oneLine = (name: string) =>
  z.string().check(
    z.trim(),
    z.minLength(1, `${name} is blank`),
    // A NUL or a line break in a name is never meant, and a path with a NUL crashes the driver.
    z.refine((text) => !/\p{Cc}/u.test(text), `${name} contains a control character`),
    // As `docker run --env-file` leaves them, and a shell would not.
    z.refine(
      (text) => !/^["'`]|["'`]$/.test(text),
      `${name} has a quotation mark that is part of the value: write it without`,
    ),
  );

const port = z.pipe(
  z.string().check(z.regex(/^\s*[0-9]{1,5}\s*$/, 'DB_PORT must be a number from 1 to 65535')),
  z.pipe(
    z.transform((text: string) => Number(text)),
    z
      .number()
      .check(
        z.minimum(1, 'DB_PORT must be a number from 1 to 65535'),
        z.maximum(65_535, 'DB_PORT must be a number from 1 to 65535'),
      ),
  ),
);

const replicas = z.pipe(
  oneLine('DB_REPLICAS'),
  z.transform((text: string, context) => {
    const addresses = parseReplicas(text);
    if (typeof addresses !== 'string') return addresses;
    context.issues.push({ code: 'custom', message: `DB_REPLICAS ${addresses}`, input: text });
    return z.NEVER;
  }),
);

const connection = z.pipe(
  z.string(),
  z.transform((text: string, context): Connection => {
    const known = connectionNamed(text);
    if (known !== undefined) return known;
    // A URL may hold a password, and is not repeated.
    const url = text.includes(':')
      ? '; a URL belongs, in its parts, into DB_HOST, DB_PORT, DB_DATABASE, DB_USERNAME and DB_PASSWORD'
      : '';
    const message = `DB_CONNECTION must be sqlite, mysql (also for MariaDB) or pgsql${url}`;
    context.issues.push({ code: 'custom', message, input: text });
    return z.NEVER;
  }),
);

const SCHEMA = z.object({
  DB_CONNECTION: connection,
  DB_HOST: z.optional(oneLine('DB_HOST')),
  DB_PORT: z.optional(port),
  DB_SOCKET: z.optional(oneLine('DB_SOCKET')),
  DB_DATABASE: oneLine('DB_DATABASE'),
  DB_USERNAME: z.optional(oneLine('DB_USERNAME')),
  DB_PASSWORD: z.optional(z.string()),
  DB_TLS: z.optional(z.enum(['off', 'require', 'verify'], 'DB_TLS must be off, require or verify')),
  DB_TLS_CA: z.optional(oneLine('DB_TLS_CA')),
  DB_TLS_CERT: z.optional(oneLine('DB_TLS_CERT')),
  DB_TLS_KEY: z.optional(oneLine('DB_TLS_KEY')),
  DB_REPLICAS: z.optional(replicas),
});

export const SETTING_NAMES = Object.keys(SCHEMA.shape) as readonly (keyof z.output<typeof SCHEMA>)[];

/** Settings by name as they were written; a blank one other than the password counts as not set. */
export type RawSettings = Readonly<Record<string, string | undefined>>;

/**
 * @param home the user's home directory, for what to write instead of `~`
 * @returns the settings, or every fault that was found in them, each a sentence that names the setting
 */
export function validateDatabaseSettings(
  raw: RawSettings,
  home?: string,
): { readonly settings: DatabaseSettings } | { readonly faults: readonly string[] } {
  const parsed = SCHEMA.safeParse(raw);
  if (!parsed.success) return { faults: parsed.error.issues.map((issue) => sentence(issue, raw)) };
  const given = parsed.data;
  if (given.DB_CONNECTION === 'sqlite') {
    const fault = sqliteFileFault(given.DB_DATABASE, home);
    return fault === undefined
      ? { settings: { connection: 'sqlite', file: given.DB_DATABASE } }
      : { faults: [`DB_DATABASE ${fault}`] };
  }
  return serverSettings(given, given.DB_CONNECTION);
}

type Given = z.output<typeof SCHEMA>;

function serverSettings(
  given: Given,
  connection: Exclude<Connection, 'sqlite'>,
): { readonly settings: DatabaseSettings } | { readonly faults: readonly string[] } {
  const faults: string[] = [];
  const { host, port, socket } = addressOf(given, connection, faults);
  if (given.DB_USERNAME === undefined) faults.push('DB_USERNAME is not set');
  if (given.DB_DATABASE.includes('://'))
    faults.push('DB_DATABASE must be the name of the database, not a URL');
  if ((given.DB_TLS_KEY === undefined) !== (given.DB_TLS_CERT === undefined)) {
    faults.push('DB_TLS_CERT and DB_TLS_KEY belong together');
  }
  // Whoever brings a certificate expects an encrypted connection, and would not see that it is none.
  if (given.DB_TLS_CERT !== undefined && (given.DB_TLS ?? 'off') === 'off' && given.DB_TLS_CA === undefined) {
    faults.push('DB_TLS must be require or verify for DB_TLS_CERT to be used');
  }
  if (given.DB_TLS_CA !== undefined && given.DB_TLS === 'off')
    faults.push('DB_TLS_CA is set but DB_TLS is off');
  if (faults.length > 0) return { faults };
  return {
    settings: {
      connection,
      host: host ?? '127.0.0.1',
      port: port ?? defaultPort(connection),
      socket,
      database: given.DB_DATABASE,
      username: given.DB_USERNAME ?? '',
      password: given.DB_PASSWORD ?? '',
      tls: {
        // Whoever names an authority wants it asked.
        mode: given.DB_TLS ?? (given.DB_TLS_CA === undefined ? 'off' : 'verify'),
        ca: given.DB_TLS_CA,
        certificate: given.DB_TLS_CERT,
        key: given.DB_TLS_KEY,
      },
      ...(given.DB_REPLICAS === undefined ? {} : { replicas: given.DB_REPLICAS }),
    },
  };
}

/** Host, port and socket may be said in two places; two that differ could mean two servers. */
function addressOf(
  given: Given,
  connection: Exclude<Connection, 'sqlite'>,
  faults: string[],
): { host?: string | undefined; port?: number | undefined; socket?: string | undefined } {
  const parse = (name: 'DB_HOST' | 'DB_SOCKET', parser: typeof parseHost) => {
    const found = given[name] === undefined ? {} : parser(given[name], connection);
    if (typeof found !== 'string') return found;
    faults.push(`${name} ${found}`);
    return {};
  };
  const host = parse('DB_HOST', parseHost);
  const socket = parse('DB_SOCKET', parseSocket);
  if (host.socket !== undefined && socket.socket !== undefined && host.socket !== socket.socket)
    faults.push('DB_HOST names another socket than DB_SOCKET');
  const port = host.port ?? socket.port;
  if (port !== undefined && given.DB_PORT !== undefined && given.DB_PORT !== port)
    faults.push(
      `DB_PORT is ${given.DB_PORT}, but ${host.port === undefined ? 'DB_SOCKET' : 'DB_HOST'} names port ${port}`,
    );
  return { host: host.host, port: given.DB_PORT ?? port, socket: socket.socket ?? host.socket };
}

function sentence(issue: z.core.$ZodIssue, raw: RawSettings): string {
  const name = String(issue.path[0]);
  return raw[name] === undefined ? `${name} is not set` : issue.message;
}
