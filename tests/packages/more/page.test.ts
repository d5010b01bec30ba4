/** The commands of the maintenance page, on machines that have only the packages, as the user `multiflexi`. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asMultiflexi, BACKENDS, expectMigrated, installed, multiflexi, SERVER_OF } from '../installation.ts';
import { Machine } from '../machine.ts';
import { provide } from '../provided.ts';

const provided = await provide('bookworm');

describe.skipIf(provided === undefined).each(BACKENDS)('with multiflexi-%s', (backend) => {
  let machine: Machine;
  beforeAll(async () => {
    if (provided === undefined) return;
    machine = await Machine.start(provided.system, provided.debs);
    await installed(machine, 'old', [backend, 'housekeeper', 'console'], `systemd ${SERVER_OF[backend]}`);
    await multiflexi(machine, 'sample:load --jobs 300 --days 60');
  });
  afterAll(async () => await machine?.remove());

  test.each(counterparts())('%s', async (command) => {
    const { status, said } = await asMultiflexi(machine, `${command} --yes`);
    expect([status, said]).toEqual([0, expect.anything()]);
  });

  test('what else its sections name: sizes, an export, the state, and a cycle of the housekeeper', async () => {
    await multiflexi(machine, 'db:migrate');
    expect(await multiflexi(machine, 'db:size')).toMatch(/artifacts/);
    await machine.must('cd /tmp && runuser -u multiflexi -- multiflexi-cli export > backup.json');
    expect((await machine.must('wc -c < /tmp/backup.json')).trim()).not.toBe('0');
    await machine.must('runuser -u multiflexi -- multiflexi-housekeeper --once');
    expect((await asMultiflexi(machine, 'multiflexi-cli housekeeper:status')).status).toBe(0);
    await expectMigrated(machine);
  });

  test('the timer is enabled, the service is not, and systemd has no complaint about any unit', async () => {
    expect((await machine.run('systemctl is-enabled multiflexi-housekeeper.timer')).said.trim()).toBe(
      'enabled',
    );
    expect((await machine.run('systemctl is-enabled multiflexi-housekeeper.service')).said.trim()).toBe(
      'static',
    );
    const { status, said } = await machine.run(
      'systemd-analyze verify --man=no multiflexi-housekeeper.service multiflexi-housekeeper.timer multiflexi-console.service multiflexi-console.socket',
    );
    expect([status, said.split('\n').filter((line) => line.includes('multiflexi'))]).toEqual([0, []]);
  });

  test('a purge of all leaves no file of ours, and changes none of others', async () => {
    await machine.must("apt-get purge --yes --quiet 'multiflexi-*'");
    const { said } = await machine.run("dpkg --verify; find /etc /usr /lib -name '*multiflexi*'");
    expect(said.trim()).toBe('');
  });
});

function counterparts(): string[] {
  const text = readFileSync(new URL('../../../docs/from-the-page.md', import.meta.url), 'utf8');
  const commands = [...text.matchAll(/^\| `[^`]+` \| `([^`]+)` \|$/gm)].map((row) => row[1] ?? '');
  if (commands.length < 9) throw new Error('docs/from-the-page.md has lost its table');
  return commands;
}
