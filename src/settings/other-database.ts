/** The settings of a second database, beside the one that is worked on: a URL without a password, or a file of its own. */
import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import { connectionNamed } from './connection.ts';
import { type RawSettings, validateDatabaseSettings } from './database.ts';
import { passwordInUrl, unusableSettings, unusableUrl } from './failures.ts';
import { type NamedDatabase, readDatabase } from './read.ts';

/** The password of the second database: it must not stand in an argument. */
export const OTHER_PASSWORD = 'OTHER_DB_PASSWORD';

/** The URL, or a file with `DB_*` settings. */
export type OtherDatabase = { readonly url: string } | { readonly file: string };

/** Paths come back absolute. @throws SETTINGS_INVALID, USAGE for a URL with a password */
export function readOtherDatabase(other: OtherDatabase, environment: RawSettings): NamedDatabase {
  const password = environment[OTHER_PASSWORD];
  const named =
    'url' in other
      ? ofUrl(other.url, password, environment.HOME || undefined)
      : readDatabase({
          file: other.file,
          environment: { HOME: environment.HOME, ...(password ? { DB_PASSWORD: password } : {}) },
        });
  return { ...named, written: withAbsolutePath(named.written) };
}

/**
 * A URL that stands in no list of processes and no log may have its password in it.
 * @returns the URL without it; what is no URL comes back as it is
 */
export function partedUrl(text: string): { readonly url: string; readonly password: string | undefined } {
  const url = parsed(text.trim());
  if (url === null || url.password === '') return { url: text, password: undefined };
  const password = decoded(url.password);
  url.password = '';
  return { url: url.href, password };
}

function ofUrl(url: string, password: string | undefined, home: string | undefined): NamedDatabase {
  const written = { ...settingsOfUrl(url), ...(password ? { DB_PASSWORD: password } : {}) };
  const result = validateDatabaseSettings(written, home);
  if ('faults' in result) throw unusableSettings('the URL of the other database', result.faults);
  return { settings: result.settings, written };
}

function settingsOfUrl(text: string): RawSettings {
  const [, scheme, rest = ''] = /^([A-Za-z][A-Za-z0-9+]*):(.*)$/s.exec(text.trim()) ?? [];
  const connection = connectionNamed(scheme);
  if (connection === undefined) throw unusableUrl('begins with none of sqlite:, mysql:, mariadb: or pgsql:');
  if (connection === 'sqlite') return { DB_CONNECTION: connection, DB_DATABASE: pathOf(rest) };
  const url = parsed(text.trim());
  if (url === null || !rest.startsWith('//')) throw unusableUrl('is no URL');
  if (url.password !== '') throw passwordInUrl(OTHER_PASSWORD);
  if (url.search !== '' || url.hash !== '')
    throw unusableUrl('has something after the name of the database; settings such as TLS belong in a file');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    DB_CONNECTION: connection,
    ...(host === '' ? {} : { DB_HOST: isIPv6(host) ? host : decoded(host) }),
    ...(url.port === '' ? {} : { DB_PORT: url.port }),
    ...(url.username === '' ? {} : { DB_USERNAME: decoded(url.username) }),
    DB_DATABASE: decoded(url.pathname.replace(/^\//, '')),
  };
}

/** `sqlite:///a`, `sqlite:/a` and `sqlite:a`, as they stand: a path has no escapes. */
function pathOf(rest: string): string {
  const path = rest.replace(/^\/\/(?=\/)/, '');
  if (path.trim() === '' || path.startsWith('//'))
    throw unusableUrl('must name the path of a file, as sqlite:///path');
  return path;
}

function withAbsolutePath(written: RawSettings): RawSettings {
  const { DB_CONNECTION, DB_DATABASE } = written;
  return connectionNamed(DB_CONNECTION) === 'sqlite' && DB_DATABASE !== undefined
    ? { ...written, DB_DATABASE: resolve(DB_DATABASE) }
    : written;
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusableUrl('has a % that begins no escape (a percent sign is written as %25)');
  }
}
