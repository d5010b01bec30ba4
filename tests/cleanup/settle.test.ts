/** What a run left that was cut off is cleared up by the next one: what is its own, and as the database has it by then. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listArchives, readCatalogue } from '../../src/cleanup/index.ts';
import { type Database, FINISHED } from '../../src/schema/index.ts';
import { Archiver } from '../harness/archiver.ts';
import { describeEngines, isAvailable, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, type TestJob } from '../harness/history.ts';
import { KnownHistory, loadKnown } from '../harness/known-history.ts';

const JOBS = 120;
const ALL = { olderThan: at(JOBS), logs: false };
const HALF = { olderThan: at(JOBS / 2), logs: false };
const JOBS_DELETED = { statement: '^delete from "job"', nth: 1 };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-settle-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function historyOn(name: Parameters<typeof migratedDatabase>[0]) {
  const database = await migratedDatabase(name);
  const { engine, settings } = database;
  await makeCompany(engine);
  await loadKnown(
    engine,
    Array.from(
      { length: JOBS },
      (_, n): TestJob => ({
        id: BigInt(n + 1),
        status: FINISHED[n % 3] ?? 'ok',
        minute: n,
        artifacts: 2,
        logs: 1,
      }),
    ),
  );
  const history = new KnownHistory(engine, directory, undefined);
  await history.know();
  return { database, engine, history, archiver: new Archiver({ settings, directory, passphrase: null }) };
}

describeEngines('a batch that was saved, and not deleted as its process died', (name) => {
  test('is not archived twice where somebody has deleted some of its rows since', async () => {
    const { database, engine, history, archiver } = await historyOn(name);
    expect(await archiver.diesAfter(JOBS_DELETED, ALL)).toBe('SIGKILL');
    // The first of the batch, with what is theirs.
    const db = engine.kysely<Database>();
    await db.deleteFrom('job').where('id', 'in', [1n, 2n, 3n]).execute();
    await history.know();
    await archiver.run(ALL);
    await history.expectEachInOnePlace();
    await history.expectSameWhenRestored();
    await database.drop();
  });
});

// One worker, so that a batch is certain to have been committed; what files have is the same on all engines.
describe.runIf(isAvailable('sqlite'))('a part that was interrupted on sqlite', () => {
  test('is completed where its archive has a catalogue from before', async () => {
    const { database, history, archiver } = await historyOn('sqlite');
    await archiver.run({ ...ALL, olderThan: at(JOBS / 4) });
    const [earlier] = listArchives(directory);
    expect(await archiver.diesAfter({ ...JOBS_DELETED, nth: 2 }, ALL)).toBe('SIGKILL');
    const cut = listArchives(directory).find((place) => place.name !== earlier?.name);
    cpSync(join(earlier?.path ?? '', 'archive.json'), join(cut?.path ?? '', 'archive.json'));
    await archiver.run(ALL);
    await history.expectEachInOnePlace();
    await history.expectSameWhenRestored();
    await database.drop();
  });
});

describe.runIf(isAvailable('postgresql'))('a commit that the server refuses on postgresql', () => {
  test('leaves no batch in the archive that is in the database', async () => {
    const { database, engine, history, archiver } = await historyOn('postgresql');
    const db = engine.kysely<unknown>();
    // A constraint that is looked at when the transaction is committed.
    await sql`create function refuse() returns trigger language plpgsql as
      $$ begin if old.id = 70 then raise exception 'refused'; end if; return null; end $$`.execute(db);
    await sql`create constraint trigger refused after delete on job deferrable initially deferred
      for each row execute function refuse()`.execute(db);
    await archiver.run(ALL);
    await history.expectEachInOnePlace();
    expect(await sql`select id from job`.execute(db)).toMatchObject({ rows: [{ id: 70n }] });
    await sql`drop trigger refused on job`.execute(db);
    await archiver.run(ALL);
    await history.expectEachInOnePlace();
    await database.drop();
  });
});

describe.runIf(isAvailable('sqlite'))('archives of two databases in one directory', () => {
  test('are left alone by the run of the other, whatever they look like', { timeout: 60_000 }, async () => {
    const ours = await historyOn('sqlite');
    const theirs = await historyOn('sqlite');
    // Batches of a run that is cut off; another that has just made its file; and one whose parts are whole.
    await theirs.archiver.diesAfter({ ...JOBS_DELETED, nth: 2 }, HALF);
    const [first] = listArchives(directory);
    if (!first) throw new Error('there is an archive');
    const begun = join(directory, first.name.replace(/^\d{8}/, '20200101'));
    cpSync(first.path, begun, { recursive: true });
    for (const file of readdirSync(begun)) truncateSync(join(begun, file), 0);
    await theirs.archiver.diesAfter({ statement: '^select "id", "slug" from "company"', nth: 1 }, HALF);
    const before = contents();
    expect(before.size).toBeGreaterThan(1);
    await ours.archiver.run(ALL);
    for (const [file, bytes] of before)
      expect([file, readFileSync(file).equals(bytes)]).toEqual([file, true]);
    await theirs.archiver.run(ALL);
    for (const { history, database } of [ours, theirs]) {
      await history.expectEachInOnePlace();
      await database.drop();
    }
    // Nothing was in it.
    expect(existsSync(begun)).toBe(false);
    for (const place of listArchives(directory)) expect(readCatalogue(place)).toBeDefined();
  });

  function contents(): Map<string, Buffer> {
    return new Map(
      listArchives(directory).flatMap(({ path }) =>
        readdirSync(path).map((name): [string, Buffer] => [join(path, name), readFileSync(join(path, name))]),
      ),
    );
  }
});
