import type { ServerEngine } from './contract.ts';

/** The oldest releases that the product supports, as the two first numbers. */
const oldest: Readonly<Record<ServerEngine, readonly [number, number]>> = {
  mysql: [8, 0],
  mariadb: [10, 5],
  postgresql: [13, 0],
};

/**
 * Why a server of this version text is no use as that engine, or undefined if it is. The text is what `--version` or
 * `select version()` says. MariaDB must be told from MySQL by it: on Debian `mysqld` may be a link to `mariadbd`.
 */
export function unfit(engine: ServerEngine, text: string): string | undefined {
  const isMariadb = /mariadb/i.test(text);
  if (engine === 'mysql' && isMariadb) return 'it is MariaDB';
  if (engine === 'mariadb' && !isMariadb) return 'it is not MariaDB';
  const numbers = engine === 'mariadb' ? /(\d+)\.(\d+)\.\d+-MariaDB/i.exec(text) : /(\d+)\.(\d+)/.exec(text);
  if (numbers === null) return `its version cannot be read from "${text.trim()}"`;
  const [major, minor] = [Number(numbers[1]), Number(numbers[2])];
  const [least, leastMinor] = oldest[engine];
  const fits = major > least || (major === least && minor >= leastMinor);
  return fits ? undefined : `version ${major}.${minor} is older than ${least}.${leastMinor}`;
}
