/** Every role of the contract has its file here, which names each of its members. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROLES = globSync('src/engines/contract/*.ts', { cwd: ROOT }).map(
  (file) => /([^/]+)\.ts$/.exec(file)?.[1] ?? '',
);

test('the contract is made of roles', () => {
  expect(ROLES.sort()).toEqual([
    'catalogue',
    'connection',
    'ddl',
    'integrity',
    'locks',
    'replication',
    'rows',
    'snapshots',
    'upkeep',
  ]);
});

test.each(ROLES)('%s is run member by member, and is a part of every engine', (role) => {
  const contract = readFileSync(`${ROOT}src/engines/contract/${role}.ts`, 'utf8');
  const suite = readFileSync(`${ROOT}tests/conformance/${role}.test.ts`, 'utf8');
  const [, tested] = /describeRole<(\w+)>\(/.exec(suite) ?? [];
  expect(tested).toBeDefined();
  expect(contract).toContain(`export interface ${tested} {`);
  expect(readFileSync(`${ROOT}src/engines/engine.ts`, 'utf8')).toMatch(
    new RegExp(`extends[^{]*\\b${tested}\\b`),
  );
});

test('nothing is a member of an engine that is of no role', () => {
  // An empty interface of its own: what is added to it would be run by nobody.
  const own = /interface Engine\s+extends[^{]*\{([^}]*)\}/.exec(
    readFileSync(`${ROOT}src/engines/engine.ts`, 'utf8'),
  )?.[1];
  expect(own).toBe('');
});
