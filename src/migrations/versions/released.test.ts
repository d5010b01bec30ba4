/** A migration that was released is the same for ever: databases have its steps recorded. */
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { offlineDdl } from '../../engines/index.ts';
import { identityHash, stepHash } from '../ledger/step-hash.ts';
import { compile } from '../migration.ts';
import { MIGRATIONS } from './index.ts';

/** Of each migration's steps up, as the ledgers of the first release have them. */
const RELEASED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '20160203130652': {
    sqlite: 'f3c97ebbf741c32a',
    mysql: '35341c1ba5dbf81b',
    mariadb: 'bc696c0f99a49fd8',
    postgresql: '9e2995fa2822688e',
  },
  '20180208122200': {
    sqlite: '3f35134f612f0333',
    mysql: '0bf3797e28bb8ea8',
    mariadb: '80f1b5e73b9a60f2',
    postgresql: 'b850f4ce7903f341',
  },
  '20200413063021': {
    sqlite: '34eb8a73b639d5f3',
    mysql: 'ef05349fb9a23f29',
    mariadb: '66b2e08f0a123a1e',
    postgresql: 'e4a08a3d10bddead',
  },
  '20200413150836': {
    sqlite: '69dcb44fa22be5ae',
    mysql: 'c4f13b4e736ddfa8',
    mariadb: '5b785c6d11c21b47',
    postgresql: '7985b462066f6022',
  },
  '20200520140330': {
    sqlite: 'bad6acb60bd5518a',
    mysql: '886d5caede75c6fa',
    mariadb: 'd56cb4b40a35088b',
    postgresql: 'c02ff0c3b757bc61',
  },
  '20200520140331': {
    sqlite: '145fc1603622b9df',
    mysql: 'c1e59dcfad9b3d69',
    mariadb: '5caf309e4f33cc5b',
    postgresql: '34094eccf85c8145',
  },
  '20200704143315': {
    sqlite: 'e11db888fb194e48',
    mysql: 'e5cbb721560b1e71',
    mariadb: '031d4908e60bda95',
    postgresql: '9cf0a18cfbf32038',
  },
  '20221012185432': {
    sqlite: '51847ffd682dcc6b',
    mysql: 'e159aca54059772c',
    mariadb: 'de0da3835e12cbb8',
    postgresql: '320de9093f128554',
  },
  '20221123091933': {
    sqlite: 'e026533357958427',
    mysql: '3991b4558b2bc9f5',
    mariadb: '68a3c2cb25d0df06',
    postgresql: 'cba44281df63890f',
  },
  '20221125095601': {
    sqlite: 'f4b6b305f764f26d',
    mysql: '5d0ebe3d353c1082',
    mariadb: '4ba5c7a3bb785e2a',
    postgresql: 'a5fa0ffe82e86ece',
  },
  '20241206150119': {
    sqlite: '2c4dd10b55780b68',
    mysql: '7e9eb83c8f5d19cf',
    mariadb: 'ef300da85131ac2d',
    postgresql: '687f50e15e1e2434',
  },
  '20241209204404': {
    sqlite: 'cd478db4e48afbfd',
    mysql: '57ba74721f80742f',
    mariadb: '2c7aaea77a1048a3',
    postgresql: '83a0b21839ee92c2',
  },
  '20251130113650': {
    sqlite: 'aeff2cb73c34fd44',
    mysql: '953c40a7da876a0f',
    mariadb: '8d1785fdafd04f43',
    postgresql: '1d43f93556c947b7',
  },
  '20261123120000': {
    sqlite: '0e16bfa2bb1c85a8',
    mysql: '3b6b03fe7d1041c4',
    mariadb: '39a63ff1fc8f4698',
    postgresql: '7a55eb211c13e8d1',
  },
  '20261125205814': {
    sqlite: '30434b3cc59625ca',
    mysql: 'abe1a2deba804bbb',
    mariadb: 'e4621bc71aea742a',
    postgresql: '6cb34691d05b5891',
  },
};

test.each([...(await offlineDdl())])(
  'the steps on %s are known again by the hashes they were released with',
  (engine, ddl) => {
    for (const [version, hashes] of Object.entries(RELEASED)) {
      const migration = MIGRATIONS.find((candidate) => candidate.version === version);
      const steps = migration ? compile(migration, 'up', ddl) : [];
      expect(hash('sha256', steps.map(identityHash).join('\n')).slice(0, 16), version).toBe(hashes[engine]);
    }
  },
);

test('words that were changed since are changed in what is run', async () => {
  const changed = [...(await offlineDdl())].map(([engine, ddl]) => [
    engine,
    MIGRATIONS.filter(({ version }) => version in RELEASED)
      .flatMap((migration) => compile(migration, 'up', ddl))
      .filter((step) => identityHash(step) !== stepHash(step.sql)).length,
  ]);
  expect(Object.fromEntries(changed)).toEqual({ sqlite: 6, mysql: 16, mariadb: 16, postgresql: 0 });
});
