/** Whose an archive is goes by the installation, not by an address: two have the same one, and one has several. */
import { hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownerOf } from '../../src/cleanup/archive/directory.ts';
import { holdDirectory, isHeld } from '../../src/cleanup/archive/lock.ts';
import { ArchiveRun } from '../../src/cleanup/archive/run.ts';
import {
  listArchives,
  originOf,
  planPurge,
  readCatalogue,
  readPlan,
  requireCurrent,
  savePlan,
  verifyArchive,
} from '../../src/cleanup/index.ts';
import { type Engine, openEngine } from '../../src/engines/index.ts';
import { type Database, FINISHED, readInstallation } from '../../src/schema/index.ts';
import { RowStreamWriter } from '../../src/transfer/index.ts';
import { Archiver } from '../harness/archiver.ts';
import { describeEngines, isAvailable, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, type TestJob } from '../harness/history.ts';
import { KnownHistory, loadKnown } from '../harness/known-history.ts';
import { ADDRESSES, migrated, withOne } from '../harness/one-address.ts';
import { jobsOlderThan } from '../harness/rule-books.ts';

const JOBS = 120;
const ALL = { olderThan: at(JOBS), logs: false };
const HISTORY = Array.from(
  { length: JOBS },
  (_, n): TestJob => ({
    id: BigInt(n + 1),
    status: FINISHED[n % 3] ?? 'ok',
    minute: n,
    artifacts: 1,
    logs: 1,
  }),
);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-identity-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Its rows are on the disk. */
const COMMITTED = { statement: '^commit', nth: 1, saved: true };

async function load(engine: Engine): Promise<KnownHistory> {
  await makeCompany(engine);
  await loadKnown(engine, HISTORY);
  const history = new KnownHistory(engine, directory, undefined);
  await history.know();
  return history;
}

describe.each(ADDRESSES)('two installations with the same address: $name', ({ make }) => {
  test('share a directory of archives, are killed, and neither loses or gets a row', async () => {
    const address = await migrated(make);
    const histories = [await withOne(address, 0, load), await withOne(address, 1, load)] as const;
    const archiver = new Archiver({ settings: address.settings, directory, passphrase: null });
    // The one with its deletion committed, the other before it.
    await address.show(0);
    expect(await archiver.diesAfter(COMMITTED, ALL)).toBe('SIGKILL');
    await address.show(1);
    expect(await archiver.diesAfter({ statement: '^delete from "job"', nth: 1 }, ALL)).toBe('SIGKILL');
    for (const which of [0, 1] as const)
      await withOne(address, which, (engine) => histories[which].on(engine).expectNothingLost());
    for (const which of [1, 0] as const) {
      await address.show(which);
      await archiver.run(ALL);
    }
    for (const which of [0, 1] as const)
      await withOne(address, which, async (engine) => {
        await histories[which].on(engine).expectEachInOnePlace();
        await histories[which].expectSameWhenRestored();
      });
    await address.remove();
  });

  test('do not take each other’s archives and plans for their own', async () => {
    const address = await migrated(make);
    const file = join(directory, 'plan.json');
    await withOne(address, 0, async (engine) => {
      await load(engine);
      savePlan(file, await planPurge(engine, jobsOlderThan(at(JOBS))));
      await requireCurrent(engine, readPlan(engine, file));
    });
    await new Archiver({ settings: address.settings, directory, passphrase: null }).run(ALL);
    await withOne(address, 1, async (engine) => {
      await load(engine);
      await engine
        .kysely<Database>()
        .updateTable('company')
        .set({ slug: 'stranger' })
        .where('id', '=', 1n)
        .execute();
      await expect((async () => requireCurrent(engine, readPlan(engine, file)))()).rejects.toMatchObject({
        code: 'PLAN_OUTDATED',
      });
      const [place] = listArchives(directory);
      const catalogue = place && readCatalogue(place);
      if (!catalogue) throw new Error('there is an archive');
      expect((await originOf(engine, catalogue)).differences).toEqual([
        expect.stringContaining(String(catalogue.source.installation)),
        expect.stringContaining('stranger'),
      ]);
    });
    await address.remove();
  });
});

describeEngines('an installation whose run was killed', (name) => {
  test('is the same when it is reached by another address', async () => {
    const database = await migratedDatabase(name);
    const { engine, settings } = database;
    const history = await load(engine);
    const archiver = new Archiver({ settings, directory, passphrase: null });
    expect(await archiver.diesAfter({ statement: '^delete from "job"', nth: 1 }, ALL)).toBe('SIGKILL');
    if (settings.connection === 'sqlite') {
      await engine.close();
      const moved = `${settings.file}.moved`;
      for (const end of ['', '-wal', '-shm'])
        if (existsSync(`${settings.file}${end}`)) renameSync(`${settings.file}${end}`, `${moved}${end}`);
      const elsewhere = { ...settings, file: moved };
      await new Archiver({ settings: elsewhere, directory, passphrase: null }).run(ALL);
      const there = await openEngine(elsewhere, 'change');
      await history.on(there).expectEachInOnePlace();
      await there.close();
    } else {
      const elsewhere = { ...settings, host: settings.host === 'localhost' ? '127.0.0.1' : 'localhost' };
      await new Archiver({ settings: elsewhere, directory, passphrase: null }).run(ALL);
      await history.expectEachInOnePlace();
    }
    await database.drop();
  });

  test('loses nothing to a clone that completes its archive: what a clone has says nothing of it', async () => {
    const original = await migratedDatabase(name);
    const clone = await migratedDatabase(name);
    const history = await load(original.engine);
    await load(clone.engine);
    const { id: uuid } = await readInstallation(original.engine);
    await clone.engine.kysely<Database>().updateTable('installation').set({ uuid }).execute();
    const archiver = new Archiver({ settings: original.settings, directory, passphrase: null });
    expect(await archiver.diesAfter(COMMITTED, ALL)).toBe('SIGKILL');
    const [place] = listArchives(directory);
    if (!place) throw new Error('there is an archive');
    expect(await verifyArchive(place)).toMatchObject({ unsettled: true, running: false });
    // Nothing of the clone goes: all it does is to complete what it finds.
    const none = { olderThan: at(-1), logs: false };
    await new Archiver({ settings: clone.settings, directory, passphrase: null }).run(none);
    await history.expectNothingLost();
    // Two workers have a part each, and either may have been the one whose commit was never answered.
    expect(readCatalogue(place)?.unconfirmed).toContainEqual(expect.stringMatching(/^00000[12]\.rows\.zst$/));
    expect(await verifyArchive(place)).toMatchObject({ unsettled: false, faults: [] });
    // What was saved and not deleted is saved once more: that loses nothing, and is told.
    await archiver.run(ALL);
    await history.expectNothingLost();
    await clone.drop();
    await original.drop();
  });

  test('cannot archive while another process writes to its archives, and says who', async () => {
    const database = await migratedDatabase(name);
    await load(database.engine);
    const owner = ownerOf((await readInstallation(database.engine)).id);
    const archiver = new Archiver({ settings: database.settings, directory, passphrase: null });
    const lock = await holdDirectory(directory, owner, { program: 'a clone', waitMs: 0 });
    expect(await isHeld(directory, owner)).toBe(true);
    await expect(archiver.run({ ...ALL, waitMs: 0 })).rejects.toThrow(
      new RegExp(`LOCKED.*|a clone \\(process ${process.pid}\\)`),
    );
    expect(listArchives(directory)).toEqual([]);
    lock.release();
    expect(await isHeld(directory, owner)).toBe(false);
    await archiver.run(ALL);
    // Another installation is in nobody's way.
    const other = await holdDirectory(directory, 'abcdefabcdef', { program: 'other', waitMs: 0 });
    await archiver.run(ALL);
    other.release();
    await database.drop();
  });
});

describe.runIf(isAvailable('sqlite'))('an archive that is older than installation ids', () => {
  test('is completed by an equal address alone, and keeps all that it has', async () => {
    const database = await migratedDatabase('sqlite');
    const { engine } = database;
    await load(engine);
    const { product, where } = engine;
    const ours = await begun(engine, where, { product, where });
    // Its name is that of our address, and it is of another one.
    const theirs = await begun(engine, where, { product, where: '/elsewhere' });
    const before = readFileSync(join(theirs.path, '000001.rows.zst.partial'));
    (await ArchiveRun.open(engine, { directory }, 'test')).release();
    const catalogue = readCatalogue(ours);
    expect(catalogue).toMatchObject({
      source: { where, installation: null },
      tables: [{ name: 'job', rows: 1 }, {}, {}],
      unconfirmed: ['000001.rows.zst'],
    });
    expect(catalogue && (await originOf(engine, catalogue)).differences).toEqual([]);
    expect(await verifyArchive(ours)).toMatchObject({ faults: [], unsettled: false });
    expect(readFileSync(join(theirs.path, '000001.rows.zst.partial'))).toEqual(before);
    await database.drop();
  });

  /** As an earlier version left it: a batch of one job that is in the database still. */
  async function begun(engine: Engine, address: string, source: { product: string; where: string }) {
    const run = await ArchiveRun.open(engine, { directory }, 'test');
    const header = run.header(false);
    run.release();
    const owner = hash('sha256', address, 'hex').slice(0, 6);
    const day = String(listArchives(directory).length + 1).padStart(2, '0');
    const place = { name: `202501${day}T000000Z-${owner}`, path: '' };
    const path = join(directory, place.name);
    mkdirSync(path);
    const file = join(path, '000001.rows.zst');
    const old = { ...header, source: source as typeof header.source };
    const writer = await RowStreamWriter.create(file, old, { partial: `${file}.partial` });
    const columns = header.tables[0]?.columns ?? [];
    const { rows } = await sql<Record<string, unknown>>`select * from job where id = 1`.execute(
      engine.kysely<unknown>(),
    );
    await writer.write(
      0,
      rows.map((row) => columns.map(({ name }) => row[name])),
    );
    await writer.endBatch();
    writer.keepBatch();
    await writer.leave();
    return { ...place, path };
  }
});
