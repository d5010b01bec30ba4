/**
 * Names that are almost settings of ours. One that is misspelt would be ignored, and what it was to say with it: the
 * command would work on another database than the one that is meant.
 */
import { type RawSettings, SETTING_NAMES } from './database.ts';

export const ARCHIVE_SETTING_NAMES = ['ARCHIVE_DIR', 'ARCHIVE_PASSPHRASE_FILE'] as const;

const OURS: readonly string[] = [...SETTING_NAMES, ...ARCHIVE_SETTING_NAMES];

/** What MultiFlexi's PHP edition reads from the same file. */
const OF_THE_PHP_EDITION = new Set(['DB_TYPE', 'DB_SETUP', 'DB_SETTINGS', 'DB_DEBUG']);

/** What other programs call the same thing. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  DB_TYPE: 'DB_CONNECTION',
  DB_DRIVER: 'DB_CONNECTION',
  DB_ENGINE: 'DB_CONNECTION',
  DB_ADAPTER: 'DB_CONNECTION',
  DB_NAME: 'DB_DATABASE',
  DB_DBNAME: 'DB_DATABASE',
  DB_DB: 'DB_DATABASE',
  DB_SCHEMA: 'DB_DATABASE',
  DB_FILE: 'DB_DATABASE',
  DB_PATH: 'DB_DATABASE',
  DB_SERVER: 'DB_HOST',
  DB_HOSTNAME: 'DB_HOST',
  DB_ADDRESS: 'DB_HOST',
  DB_UNIX_SOCKET: 'DB_SOCKET',
  DB_USER: 'DB_USERNAME',
  DB_LOGIN: 'DB_USERNAME',
  DB_PASS: 'DB_PASSWORD',
  DB_PASSWD: 'DB_PASSWORD',
  DB_PWD: 'DB_PASSWORD',
  DB_SSL: 'DB_TLS',
  DB_SSLMODE: 'DB_TLS',
  DB_SSL_MODE: 'DB_TLS',
  DB_TLS_MODE: 'DB_TLS',
  DB_TLS_VERIFY: 'DB_TLS',
  DB_SSL_VERIFY: 'DB_TLS',
  DB_SSL_CA: 'DB_TLS_CA',
  DB_TLS_CAFILE: 'DB_TLS_CA',
  DB_SSL_CERT: 'DB_TLS_CERT',
  DB_SSL_KEY: 'DB_TLS_KEY',
  DB_URL: 'DB_HOST',
  DB_DSN: 'DB_HOST',
  ARCHIVE_DIRECTORY: 'ARCHIVE_DIR',
  ARCHIVE_PATH: 'ARCHIVE_DIR',
  ARCHIVE_FOLDER: 'ARCHIVE_DIR',
  ARCHIVE_PASSPHRASE: 'ARCHIVE_PASSPHRASE_FILE',
  ARCHIVE_PASSWORD_FILE: 'ARCHIVE_PASSPHRASE_FILE',
  ARCHIVE_KEY_FILE: 'ARCHIVE_PASSPHRASE_FILE',
};

/** A file of ours: every name with our prefixes is ours or of the PHP edition, and what is one letter off is meant. */
export function faultsOfFile(raw: RawSettings): string[] {
  return strangers(raw).flatMap((name) => {
    const upper = name.toUpperCase();
    const meant = closest(upper) ?? OTHER_NAMES[upper];
    if (OF_THE_PHP_EDITION.has(name)) {
      // There it stands for ours; here it says nothing, and nothing may be missing because of it.
      return meant !== undefined && isBlank(raw[meant]) ? [strangeSetting(name, meant)] : [];
    }
    if (/^(?:DB|ARCHIVE)_/.test(upper)) return [strangeSetting(name, meant)];
    return meant !== undefined && distance(upper, meant) <= 1 ? [strangeSetting(name, meant)] : [];
  });
}

/**
 * The environment is everybody's. A misspelt name of ours is an error all the same; another program's name for the same
 * thing only where the settings are taken from the environment, and only while ours is not set.
 */
export function faultsOfEnvironment(environment: RawSettings, isSource: boolean): string[] {
  return strangers(environment).flatMap((name) => {
    const upper = name.toUpperCase();
    if (!/^DB_/.test(upper)) return [];
    const usual = OTHER_NAMES[upper];
    const meant = usual === undefined ? closest(upper) : isSource ? usual : undefined;
    return meant !== undefined && isBlank(environment[meant]) ? [strangeSetting(name, meant)] : [];
  });
}

export function archiveFaultsOfEnvironment(environment: RawSettings): string[] {
  return strangers(environment).flatMap((name) => {
    const upper = name.toUpperCase();
    const meant = /^ARCHIVE_/.test(upper) ? (closest(upper) ?? OTHER_NAMES[upper]) : undefined;
    return meant !== undefined && isBlank(environment[meant]) ? [strangeSetting(name, meant)] : [];
  });
}

function strangers(raw: RawSettings): string[] {
  return Object.keys(raw).filter((name) => !OURS.includes(name) && !isBlank(raw[name]));
}

function isBlank(value: string | undefined): boolean {
  return value === undefined || value.trim() === '';
}

export function strangeSetting(name: string, meant: string | undefined): string {
  return `${name} is not a setting of this program${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

/** The one of ours that a typist meant: one slip for a short word, two for a longer one. */
export function closest(name: string, ours: readonly string[] = OURS): string | undefined {
  const [best] = ours
    .map((one) => ({ ours: one, slips: distance(name, one) }))
    .filter(({ ours: one, slips }) => slips <= (one.replace(/^[A-Z]+_/, '').length > 5 ? 2 : 1))
    .sort((a, b) => a.slips - b.slips);
  return best?.ours;
}

/** Letters that are missing, too many or others, and neighbours that have changed places (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (up: number, left: number) => rows[i - up]?.[j - left] ?? 0;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(1, 0) + 1,
          (row[j - 1] ?? 0) + 1,
          at(1, 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
          swapped ? at(2, 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Number.POSITIVE_INFINITY;
}
