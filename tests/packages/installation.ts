/** What an administrator does with the packages, on a {@link Machine}. */
import { expect } from 'vitest';
import type { Machine, Ran } from './machine.ts';

export const BACKENDS = ['sqlite', 'mysql', 'postgresql'] as const;
export type Backend = (typeof BACKENDS)[number];

/** What each needs on the same machine. */
export const SERVER_OF: Readonly<Record<Backend, string>> = {
  sqlite: 'dbconfig-sqlite3',
  mysql: 'dbconfig-mysql default-mysql-server default-mysql-client',
  postgresql: 'dbconfig-pgsql postgresql postgresql-client',
};

export type Which = 'old' | 'new';

/** Installs, upgrades or downgrades our packages of one version, with what they need from the archive of the distribution. */
export function install(machine: Machine, which: Which, names: readonly string[], also = ''): Promise<Ran> {
  const files = ['cli', ...names].map((name) => `/debs/${which}/multiflexi-${name}_*.deb`);
  return machine.run(
    `apt-get install --yes --quiet --no-install-recommends --allow-downgrades ${also} $(ls ${files.join(' ')}) </dev/null`,
  );
}

/** @throws where apt fails */
export async function installed(
  machine: Machine,
  which: Which,
  names: readonly string[],
  also = '',
): Promise<string> {
  const { status, said } = await install(machine, which, names, also);
  if (status !== 0) throw new Error(`apt-get ended with ${status}:\n${said}`);
  return said;
}

/** A command line as the platform's account, as the documentation has it. */
export function asMultiflexi(machine: Machine, line: string): Promise<Ran> {
  return machine.run(`runuser -u multiflexi -- ${line}`);
}

/** All migrations are `up`, and how many those are. */
export async function expectMigrated(machine: Machine): Promise<number> {
  const { status, said } = await asMultiflexi(machine, 'multiflexi-cli db:status');
  expect([status, said]).toEqual([0, expect.stringMatching(/, 0 pending, 0 missing$/m)]);
  return Number(/^(\d+) migrations/m.exec(said)?.[1]);
}

/** As the platform's account; @throws where it fails */
export async function multiflexi(machine: Machine, line: string): Promise<string> {
  return await machine.must(`runuser -u multiflexi -- multiflexi-cli ${line}`);
}

/** A digest of all rows, the same wherever they are; what maintenance records of itself is left out. */
export async function rowsOf(machine: Machine): Promise<string> {
  const { tables } = JSON.parse(await multiflexi(machine, 'db:digest -f json 2>/dev/null')) as {
    tables: { table_name: string; rows: number; digest: string }[];
  };
  const ours = tables.filter(({ table_name }) => table_name !== 'housekeeping_run');
  return JSON.stringify(ours.map(({ table_name, rows, digest }) => [table_name, rows, digest]).sort());
}

/** As dpkg has it: `installed`, `half-configured`, `config-files`; blank for a package it does not know. */
export async function stateOf(machine: Machine, name: string): Promise<string> {
  const query = `dpkg-query -W -f '\${db:Status-Status}' multiflexi-${name} 2>/dev/null || true`;
  return (await machine.must(query)).trim();
}

export async function settings(machine: Machine): Promise<string> {
  return await machine.must('cat /etc/multiflexi/multiflexi.env');
}

/** Answers of debconf, before the question: `multiflexi-mysql multiflexi-mysql/purge boolean true`. */
export function preseed(machine: Machine, ...answers: readonly string[]): Promise<string> {
  return machine.must(`debconf-set-selections <<'END'\n${answers.join('\n')}\nEND`);
}

/** Every file of the machine that may tell of our packages: not what dpkg, apt, debconf and servers keep for themselves. */
export async function files(machine: Machine): Promise<string[]> {
  const left = [
    '/proc',
    '/sys',
    '/dev',
    '/debs',
    '/run',
    '/tmp',
    '/var/log',
    '/var/cache',
    '/var/lib/dpkg',
    '/var/lib/apt',
    '/var/lib/mysql',
    '/var/lib/postgresql',
    '/var/lib/ucf',
    '/var/lib/systemd/deb-systemd-helper-masked',
  ];
  const prune = left.map((path) => `-path ${path}`).join(' -o ');
  const found = await machine.must(`find / \\( ${prune} \\) -prune -o -print | LC_ALL=C sort`);
  return found
    .split('\n')
    .filter((path) => path !== '' && !/^\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-?$/.test(path));
}
