/** The page's five steps with packages: from SQLite to MariaDB, and on to PostgreSQL. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expectMigrated,
  installed,
  multiflexi,
  preseed,
  rowsOf,
  SERVER_OF,
  settings,
  stateOf,
} from '../installation.ts';
import { Machine } from '../machine.ts';
import { provide } from '../provided.ts';

const provided = await provide('bookworm');

describe.skipIf(provided === undefined)('another backend', () => {
  let machine: Machine;
  let rows = '';
  let migrations = 0;

  beforeAll(async () => {
    if (provided === undefined) return;
    machine = await Machine.start(provided.system, provided.debs);
    await installed(machine, 'old', ['sqlite']);
    migrations = await expectMigrated(machine);
    await multiflexi(machine, 'sample:load --jobs 200 --days 20');
    rows = await rowsOf(machine);
  });
  afterAll(async () => await machine?.remove());

  test('1: all data are backed up', async () => {
    await machine.must('runuser -u multiflexi -- multiflexi-cli export > /root/backup.json');
    expect(await machine.must('head -c 20 /root/backup.json')).toContain('{');
  });

  test('2: the new backend is installed; the platform keeps its database', async () => {
    const was = await settings(machine);
    const said = await installed(machine, 'old', ['mysql'], SERVER_OF.mysql);
    expect(said).toContain('multiflexi-cli db:switch --to-env /etc/multiflexi/multiflexi-mysql.env');
    expect(await stateOf(machine, 'mysql')).toBe('installed');
    expect(await settings(machine)).toBe(was);
    expect(await rowsOf(machine)).toBe(rows);
  });

  test('3 to 5: data, settings and migrations by one command', async () => {
    const dry = await machine.must(
      'multiflexi-cli db:switch --to-env /etc/multiflexi/multiflexi-mysql.env --dry-run',
    );
    expect(dry).toContain('Nothing stands in the way');
    await machine.must('multiflexi-cli db:switch --to-env /etc/multiflexi/multiflexi-mysql.env');
    expect(await settings(machine)).toContain('DB_CONNECTION=mysql');
    expect(await machine.must('stat -c "%U:%G %a" /etc/multiflexi/multiflexi.env')).toBe(
      'root:multiflexi 640\n',
    );
    await expectMigrated(machine);
    expect(await rowsOf(machine)).toBe(rows);
  });

  test('then upgrades migrate the new database alone', async () => {
    await installed(machine, 'new', ['sqlite', 'mysql']);
    expect(await expectMigrated(machine)).toBe(migrations + 1);
    const old = await machine.run(
      'DB_CONNECTION=sqlite DB_DATABASE=/var/lib/multiflexi/multiflexi.sqlite multiflexi-cli db:status',
    );
    expect(old.status).toBe(3);
    await installed(machine, 'old', ['sqlite', 'mysql']);
  });

  test('the old backend is purged with its database, and the platform does not notice', async () => {
    await preseed(machine, 'multiflexi-sqlite multiflexi-sqlite/purge boolean true');
    const said = await machine.must('apt-get purge --yes --quiet multiflexi-sqlite 2>&1');
    expect(said).toContain('removed the database /var/lib/multiflexi/multiflexi.sqlite');
    expect(said).toContain('/etc/multiflexi/multiflexi.env names another database, and is kept');
    expect(await machine.must('ls /var/lib/multiflexi')).not.toContain('multiflexi.sqlite');
    expect(await rowsOf(machine)).toBe(rows);
  });

  test('on to PostgreSQL, and back', async () => {
    await installed(machine, 'old', ['postgresql'], SERVER_OF.postgresql);
    await machine.must('multiflexi-cli db:switch --to-env /etc/multiflexi/multiflexi-postgresql.env');
    expect(await settings(machine)).toContain('DB_CONNECTION=pgsql');
    expect(await rowsOf(machine)).toBe(rows);
    await machine.must('multiflexi-cli db:switch --back');
    expect(await settings(machine)).toContain('DB_CONNECTION=mysql');
    expect(await rowsOf(machine)).toBe(rows);
  });

  test('a database of another name, given to dpkg-reconfigure, does not take the place of the one in use either', async () => {
    const was = await settings(machine);
    await preseed(
      machine,
      'multiflexi-mysql multiflexi-mysql/dbconfig-reinstall boolean true',
      'multiflexi-mysql multiflexi-mysql/db/dbname string another',
    );
    await machine.must(
      'sed -i "s/^dbc_dbname=.*/dbc_dbname=\'another\'/" /etc/dbconfig-common/multiflexi-mysql.conf; dpkg-reconfigure --frontend noninteractive multiflexi-mysql',
    );
    expect(await settings(machine)).toBe(was);
    expect(await machine.must("mysql -e 'SHOW DATABASES'")).toContain('another');
    expect(await rowsOf(machine)).toBe(rows);
  });
});
