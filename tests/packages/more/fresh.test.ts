/** Debian 12 and 13, from nothing: as the page has it, with all that apt recommends. */
import { afterEach, describe, expect, test } from 'vitest';
import { BACKENDS, expectMigrated, preseed, stateOf } from '../installation.ts';
import { Machine } from '../machine.ts';
import { provide } from '../provided.ts';
import { RELEASES } from '../roots.ts';

describe.each(RELEASES)('on a fresh %s', async (release) => {
  const provided = await provide(release);
  let machine: Machine | undefined;
  afterEach(async () => await machine?.remove());

  test.skipIf(provided === undefined).each(BACKENDS)('multiflexi-%s', async (backend) => {
    machine = await Machine.start(provided?.system ?? '', provided?.debs ?? '');
    const name = `multiflexi-${backend}`;
    await machine.must('apt-get install --yes --quiet debconf');
    await preseed(machine, `${name} ${name}/db/dbname string ${backend === 'sqlite' ? 'own.sqlite' : 'own'}`);
    const files = ['cli', backend, 'housekeeper'].map((part) => `/debs/old/multiflexi-${part}_*.deb`);
    const began = performance.now();
    await machine.must(
      `apt-get install --yes --quiet -o APT::Install-Recommends=true $(ls ${files.join(' ')}) </dev/null`,
    );
    await expectMigrated(machine);
    const took = performance.now() - began;
    process.stderr.write(`${release}, ${name}: ${(took / 1000).toFixed(1)} s from apt install to all up\n`);
    expect(await stateOf(machine, backend)).toBe('installed');
    expect(await machine.must('cat /etc/multiflexi/multiflexi.env')).toMatch(/DB_DATABASE=.*own/);
  });
});
