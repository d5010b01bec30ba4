/**
 * The life of a database package on a minimal Debian: installed with nothing but Debian's archive and no question, upgraded,
 * reconfigured, downgraded, removed and purged. What goes wrong on the way is in more/accidents.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testWhere } from '../harness/engines.ts';
import { NEW, OLD } from './debs.ts';
import {
  type Backend,
  expectMigrated,
  files,
  installed,
  multiflexi,
  preseed,
  rowsOf,
  SERVER_OF,
  settings,
  stateOf,
} from './installation.ts';
import { Machine } from './machine.ts';
import type { Provided } from './provided.ts';

export function describeLife(provided: Provided | undefined, backends: readonly Backend[]): void {
  describe.skipIf(provided === undefined).each(backends)('multiflexi-%s', (backend) => {
    const name = `multiflexi-${backend}`;
    let machine: Machine;
    let rows = '';

    beforeAll(async () => {
      if (provided === undefined) return;
      machine = await Machine.start(provided.system, provided.debs);
    }, 600_000);
    afterAll(async () => await machine?.remove());

    test('is installed with its server in one go, and works', { timeout: 600_000, retry: 0 }, async () => {
      // An administrator may have had the file before.
      await machine.must(
        'mkdir /etc/multiflexi && printf "# ours\\nLOG_LEVEL=info\\n" > /etc/multiflexi/multiflexi.env',
      );
      const said = await installed(
        machine,
        'old',
        [backend, 'housekeeper', 'console'],
        `systemd ${SERVER_OF[backend]}`,
      );
      expect(said).not.toMatch(/debconf: \(|Traceback|WARNING: /);
      expect(await stateOf(machine, backend)).toBe('installed');
      await expectMigrated(machine);
      expect(await settings(machine)).toMatch(/^# ours\nLOG_LEVEL=info\nDB_CONNECTION=/);
      const modes = await machine.must(
        'stat -c "%U:%G %a %n" /etc/multiflexi /etc/multiflexi/*.env /var/lib/multiflexi /var/lib/multiflexi/archives',
      );
      expect(modes).toContain(`root:multiflexi 640 /etc/multiflexi/${name}.env`);
      expect(modes).toContain('multiflexi:multiflexi 750 /var/lib/multiflexi/archives');
      // What only apt, dpkg and we may read.
      const others = await machine.must(
        'runuser -u nobody -- cat /etc/multiflexi/multiflexi-*.env 2>&1 || true',
      );
      expect(others).toContain('Permission denied');
      // Who may not even look for the settings gets no database of his own instead.
      const apart = await machine.run(
        'chmod 700 /etc/multiflexi; runuser -u nobody -- multiflexi-cli db:status; echo $?; chmod 755 /etc/multiflexi',
      );
      expect(apart.said).toMatch(/multiflexi\.env cannot be read: you may not read it.*\n64\n$/s);
    });

    test('has the console listen on its socket, and starts it by that alone', async () => {
      const enabled = (unit: string) => machine.run(`systemctl is-enabled multiflexi-console.${unit}`);
      expect((await enabled('socket')).said.trim()).toBe('enabled');
      expect((await enabled('service')).said.trim()).toBe('static');
      expect(await machine.must('stat -L -c "%U:%G %a" /usr/bin/multiflexi-console')).toBe('root:root 755\n');
      expect(await machine.must('runuser -u multiflexi -- multiflexi-console --help')).toContain('--origin');
    });

    test('is configured again without a change', { timeout: 300_000, retry: 0 }, async () => {
      await multiflexi(machine, 'sample:load --jobs 50 --days 20');
      const was = await settings(machine);
      rows = await rowsOf(machine);
      expect(rows).toMatch(/\["job",50,/);
      await machine.must(`dpkg-reconfigure --frontend noninteractive ${name}`);
      // dbconfig-common would dump and drop the database here.
      await preseed(machine, `${name} ${name}/dbconfig-reinstall boolean true`);
      const said = await machine.must(`dpkg-reconfigure --frontend noninteractive ${name} 2>&1`);
      expect(said).not.toMatch(/dropping/);
      expect(await machine.must('ls /var/tmp')).not.toContain(name);
      expect(await rowsOf(machine)).toBe(rows);
      // Only the password is another one, as nobody was there to say what it is to be.
      const withoutPassword = (text: string) => text.replace(/^DB_PASSWORD=.*$/m, '');
      expect(withoutPassword(await settings(machine))).toBe(withoutPassword(was));
      await expectMigrated(machine);
    });

    test('is upgraded with its migrations; what an administrator has changed is kept', {
      timeout: 600_000,
    }, async () => {
      const migrations = await expectMigrated(machine);
      await machine.must(
        'printf "EXPORT_MAX_AGE_DAYS=3\\n" >> /etc/multiflexi/multiflexi.env; chmod 0600 /etc/multiflexi/multiflexi.env; chgrp multiflexi /etc/multiflexi/multiflexi.env; chmod 640 /etc/multiflexi/multiflexi.env',
      );
      await machine.must('systemctl disable multiflexi-housekeeper.timer');
      const was = await settings(machine);
      await installed(machine, 'new', [backend, 'housekeeper', 'console']);
      expect((await machine.must('multiflexi-cli --version')).trim()).toBe(NEW);
      expect(await expectMigrated(machine)).toBe(migrations + 1);
      expect(await settings(machine)).toBe(was);
      // An administrator's choice survives.
      expect((await machine.run('systemctl is-enabled multiflexi-housekeeper.timer')).said.trim()).toBe(
        'disabled',
      );
    });

    test('is downgraded: the older version reverts what the newer one applied', {
      timeout: 600_000,
    }, async () => {
      const said = await installed(machine, 'old', [backend, 'housekeeper', 'console']);
      expect(said).toContain('reverted');
      expect((await machine.must('multiflexi-cli --version')).trim()).toBe(OLD);
      await expectMigrated(machine);
    });

    // The three have one script: what it takes need not be done thrice.
    testWhere(backend !== 'mysql')(
      'follows the program where that alone is upgraded or downgraded',
      {
        timeout: 600_000,
      },
      async () => {
        const migrations = await expectMigrated(machine);
        await installed(machine, 'new', []);
        expect(await expectMigrated(machine)).toBe(migrations + 1);
        const said = await installed(machine, 'old', []);
        expect(said).toContain('reverted');
        expect(await expectMigrated(machine)).toBe(migrations);
      },
    );

    test('is removed, and keeps everything', { timeout: 300_000, retry: 0 }, async () => {
      const was = await settings(machine);
      await machine.must(`apt-get remove --yes --quiet ${name} multiflexi-housekeeper`);
      expect(await stateOf(machine, backend)).toBe('config-files');
      expect(await settings(machine)).toBe(was);
      await expectMigrated(machine);
      // Without a database they have no work.
      for (const part of ['housekeeper', 'console'])
        expect(await stateOf(machine, part)).toBe('config-files');
      expect((await machine.run('ls /usr/bin/multiflexi-console')).status).not.toBe(0);
      await installed(machine, 'old', [backend]);
      expect(await rowsOf(machine)).toBe(rows);
    });

    test('is purged: asks for the database, and leaves nothing else behind', {
      timeout: 300_000,
      retry: 0,
    }, async () => {
      const keeps = await machine.must(`apt-get purge --yes --quiet ${name} 2>&1`);
      expect(keeps).toContain('the database is kept');
      expect(await settings(machine)).not.toContain('DB_');
      expect(await settings(machine)).toContain('LOG_LEVEL=info');
      // The program is still there, and makes up no database of its own.
      const { status, said } = await machine.run('runuser -u multiflexi -- multiflexi-cli db:status');
      expect([status, said]).toEqual([64, expect.stringContaining('No database is configured')]);
      await installed(machine, 'old', [backend]);
      await expectMigrated(machine);
      expect(await rowsOf(machine)).toBe(rows);
      await preseed(machine, `${name} ${name}/purge boolean true`);
      const drops = await machine.must(`apt-get purge --yes --quiet 'multiflexi-*' 2>&1`);
      expect(drops).toMatch(/removed the database/);
      const left = (await files(machine)).filter((path) => /multiflexi/.test(path));
      expect(left.filter((path) => !path.startsWith(`/var/tmp/${name}.`))).toEqual([
        // The administrator's own file, and the directory it is in.
        '/etc/multiflexi',
        '/etc/multiflexi/multiflexi.env',
      ]);
    });
  });
}
