/** What `DB_*` settings must be, in one schema; every message names the setting and what it should have been. */
import * as z from 'zod/mini';
import type { DatabaseSettings } from '../engines/index.ts';
import { parseReplicas } from './replicas.ts';

const DEFAULT_PORT = { mysql: 3306, pgsql: 5432 } as const;

const oneLine = (name: string) =>
  z.string().check(
    z.trim(),
    z.minLength(1, `${name} is blank`),
    // A NUL or a line break in a name is never meant, and a path with a NUL crashes the driver.
    z.refine((text) => !/\p{Cc}/u.test(text), `${name} contains a control character`),
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

const SCHEMA = z.object({
  DB_CONNECTION: z.enum(
    ['sqlite', 'mysql', 'pgsql'],
    'DB_CONNECTION must be sqlite, mysql (also for MariaDB) or pgsql',
  ),
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

/** @returns the settings, or every fault that was found in them, each a sentence that names the setting. */
export function validateDatabaseSettings(
  raw: RawSettings,
): { readonly settings: DatabaseSettings } | { readonly faults: readonly string[] } {
  const parsed = SCHEMA.safeParse(raw);
  if (!parsed.success) return { faults: parsed.error.issues.map((issue) => sentence(issue, raw)) };
  const given = parsed.data;
  if (given.DB_CONNECTION === 'sqlite')
    return { settings: { connection: 'sqlite', file: given.DB_DATABASE } };
  const faults: string[] = [];
  if (given.DB_USERNAME === undefined) faults.push('DB_USERNAME is not set');
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
      connection: given.DB_CONNECTION,
      host: given.DB_HOST ?? '127.0.0.1',
      port: given.DB_PORT ?? DEFAULT_PORT[given.DB_CONNECTION],
      socket: given.DB_SOCKET,
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

function sentence(issue: z.core.$ZodIssue, raw: RawSettings): string {
  const name = String(issue.path[0]);
  return raw[name] === undefined ? `${name} is not set` : issue.message;
}
