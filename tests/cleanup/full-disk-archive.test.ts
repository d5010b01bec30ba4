/** A disk that gets full while a purge archives: nothing is deleted that is not archived, and with room it finishes. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { FINISHED } from '../../src/schema/index.ts';
import type { Orders } from '../harness/archiving-process.ts';
import { describeEngines, isAvailable, migratedDatabase, type TestDatabase } from '../harness/engines.ts';
import { at, makeCompany, type TestJob } from '../harness/history.ts';
import { KnownHistory, loadKnown } from '../harness/known-history.ts';
import { writing } from '../harness/platform.ts';
import { processFile } from '../harness/processes.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';

const RUN = '"$NODE" "$PROCESS" "$ORDERS"';
const JOBS = 1_500;

function environment(settings: TestDatabase['settings'], directory: string): Record<string, string> {
  const orders: Orders = {
    settings,
    directory,
    olderThan: at(JOBS - 100),
    logs: true,
    passphrase: null,
    stages: [],
    waitMs: 60_000,
    how: 'die',
  };
  return { NODE: process.execPath, PROCESS: processFile('archiving'), ORDERS: JSON.stringify(orders) };
}

const HISTORY = Array.from(
  { length: JOBS },
  (_, n): TestJob => ({
    id: BigInt(n + 1),
    status: n % 50 === 49 ? 'running' : (FINISHED[n % 3] ?? 'ok'),
    minute: n,
    artifacts: n === 300 ? 2_100 : 2,
    logs: 1,
  }),
);
const RESTARTS = HISTORY.flatMap(({ id, status }) => (status === 'ok' && id % 7n === 1n ? [id] : []));

async function load(engine: Engine): Promise<void> {
  await makeCompany(engine);
  await loadKnown(engine, HISTORY);
}

const mountable = canMount();

describeEngines('the disk of the archives, full', (name) => {
  test.runIf(mountable)('fails the purge, and no row is in neither place', { timeout: 120_000 }, async () => {
    const database = await migratedDatabase(name);
    const { engine, settings } = database;
    await load(engine);
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-disk-'));
    const disk = await SmallDisk.mount(directory, '48k', environment(settings, directory));
    const history = new KnownHistory(engine, disk.seen, undefined);
    await history.know();
    const platform = writing(await database.open(), { first: JOBS + 1, restarts: RESTARTS });
    // Full again with every step of room that is made, and never is anything lost.
    for (const size of ['48k', '56k', '64k']) {
      await disk.enlarge(size);
      const { status, said } = await disk.run(RUN);
      expect([size, status]).toEqual([size, 1]);
      expect(said).toMatch(/FILE_FAILED/);
      expect(said).toMatch(/the disk is full/);
      await history.expectNothingLost();
    }
    const archived = await history.archived();
    expect(archived).toBeGreaterThan(100);
    await platform.end();
    await disk.enlarge('64m');
    expect(await disk.run(RUN)).toMatchObject({ status: 0 });
    expect(await history.archived()).toBeGreaterThan(archived);
    await history.expectEachInOnePlace();
    await history.expectSameWhenRestored();
    await disk.unmount();
    rmSync(directory, { recursive: true });
    await database.drop();
  });
});

describe.runIf(isAvailable('sqlite') && mountable)('the disk of an SQLite file, full', () => {
  test('fails the purge where not even a small transaction fits, and no row is in neither place', {
    timeout: 120_000,
  }, async () => {
    const database = await migratedDatabase('sqlite');
    const { settings, engine: first } = database;
    if (settings.connection !== 'sqlite') throw new Error('it is on SQLite');
    await load(first);
    const archives = mkdtempSync(join(tmpdir(), 'multiflexi-archives-'));
    const before = new KnownHistory(first, archives, undefined);
    await before.know();
    await first.close();
    const home = dirname(settings.file);
    // The same file in the same place, on a disk with hardly any room beside it.
    const disk = await SmallDisk.mount(home, '64m', environment(settings, archives));
    for (const file of readdirSync(home)) copyFileSync(join(home, file), join(disk.seen, file));
    const look = async () => {
      for (const file of readdirSync(home)) rmSync(join(home, file));
      for (const file of readdirSync(disk.seen))
        if (file.startsWith('multiflexi.sqlite')) copyFileSync(join(disk.seen, file), join(home, file));
      return database.open();
    };
    // In 200 KiB a transaction of few rows still finds room for its log.
    for (const [room, exit, words] of [
      [24, 1, 'DISK_FULL'],
      [60, 1, 'DISK_FULL'],
      [200, 0, 'ready'],
    ] as const) {
      await disk.run(
        `rm -f "$DISK/filler"; dd if=/dev/zero of="$DISK/filler" bs=1024 count=$(($(df -k --output=avail "$DISK" | tail -1) - ${room}))`,
      );
      const { status, said } = await disk.run(RUN);
      expect([room, status, said]).toEqual([room, exit, expect.stringContaining(words)]);
      const engine = await look();
      await before.on(engine).expectNothingLost();
      await engine.close();
    }
    await disk.run('rm "$DISK/filler"');
    expect(await disk.run(RUN)).toMatchObject({ status: 0 });
    const engine = await look();
    await before.on(engine).expectEachInOnePlace();
    await before.on(engine).expectSameWhenRestored();
    await engine.close();
    await disk.unmount();
    rmSync(archives, { recursive: true });
    rmSync(home, { recursive: true });
  });
});
