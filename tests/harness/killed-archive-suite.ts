/**
 * `kill -9` of a purge that archives, beside a platform that writes, at every stage: no row is in neither place, no job
 * is left half, and after the next run each row is in exactly one place, as it was.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import { FINISHED } from '../../src/schema/index.ts';
import { Passphrase } from '../../src/transfer/index.ts';
import { Archiver, hasFile, hasWords, type Sight, type Wanted } from './archiver.ts';
import { isAvailable, migratedDatabase } from './engines.ts';
import { at, makeCompany, type TestJob } from './history.ts';
import { KnownHistory, loadKnown } from './known-history.ts';
import { writing } from './platform.ts';

interface Death {
  readonly when: string;
  readonly die: (archiver: Archiver, wanted: Wanted) => Promise<number | string>;
  /** Whether log entries go by themselves; else with their jobs. */
  readonly logs?: boolean;
  /** What the first of its jobs has very many of. */
  readonly giant?: Partial<TestJob>;
}

/** Jobs that are old enough for one death, and were not for the one before. */
const JOBS_EACH = 70;

const after = (nth: number, statement: string): Death['die'] => {
  return (archiver, wanted) => archiver.diesAfter({ statement, nth }, wanted);
};
const inMilliseconds = (time: number): Death['die'] => {
  return (archiver, wanted) => archiver.diesIn(time, wanted);
};

const seeing = (sight: Sight): Death['die'] => {
  return (archiver, wanted) => archiver.diesWhen(sight, wanted);
};

/** In turn the first time, and the second, when a chunk is of another size, and others are at work or done. */
const STATEMENTS: readonly (Omit<Death, 'die'> & { readonly statement: string })[] = [
  { when: 'log entries are locked', statement: 'select "logger"."id" from "logger" where', logs: true },
  { when: 'log entries are deleted', statement: '^delete from "logger" where \\(?"id"', logs: true },
  { when: 'jobs are locked', statement: '^select "job"."id".*(for update|json_each)' },
  { when: 'artifacts are read', statement: 'octet_length[\\s\\S]*from "artifacts"' },
  { when: 'log entries are read', statement: 'octet_length[\\s\\S]*from "logger"' },
  {
    when: 'some log entries of a giant are',
    statement: '^delete from "logger" where \\(?"id"',
    giant: { logs: 2_100 },
  },
  {
    when: 'some artifacts of a giant are',
    statement: '^delete from "artifacts" where \\(?"id"',
    giant: { artifacts: 2_100 },
  },
  { when: 'artifacts are deleted', statement: '^delete from "artifacts" where "job_id"' },
  { when: 'jobs are deleted', statement: '^delete from "job"' },
  { when: 'it is committed', statement: '^commit' },
  { when: 'a large value is read', statement: ' as piece', giant: { bytes: 3 * 1024 * 1024 } },
];

const DEATHS: readonly Death[] = [
  ...STATEMENTS.map(({ statement, when, ...rest }, n) => ({
    ...rest,
    when: `${when}, ${1 + (n % 2)}`,
    die: after(1 + (n % 2), statement),
  })),
  {
    when: 'what was left is settled',
    die: after(1, '^select "id" from "(job|artifacts|logger)" where \\(?"id"'),
  },
  ...[2, 20, 80].map((time) => ({ when: `after ${time} ms`, die: inMilliseconds(time) })),
  {
    when: 'a first batch is marked',
    die: seeing(hasWords('"part":"batch"')),
  },
  {
    when: 'a part gets its name',
    die: seeing(hasFile(/^\d{6}\.rows\.zst$/)),
  },
  { when: 'all parts are whole', die: after(1, '^select "id", "slug" from "company"') },
  {
    when: 'the catalogue is written',
    die: seeing(hasFile('archive.json.new')),
  },
  {
    when: 'the catalogue is there',
    die: seeing(hasFile('archive.json')),
  },
];

const OLD = DEATHS.length * JOBS_EACH;
const JOBS = OLD + 200;
const HISTORY = Array.from(
  { length: JOBS },
  (_, n): TestJob => ({
    id: BigInt(n + 1),
    status: n % 50 === 49 ? 'running' : (FINISHED[n % 3] ?? 'ok'),
    minute: n,
    artifacts: 1,
    logs: 1,
    template: BigInt((n % 3) + 1),
    ...(n % JOBS_EACH === 0 ? DEATHS[n / JOBS_EACH]?.giant : {}),
  }),
);

/** The suite of one engine; a file each, so that two run at a time. */
export function killedArchiveSuite(name: EngineName): void {
  describe.skipIf(!isAvailable(name))(`a purge that archives and is killed on ${name}`, () => suite(name));
}

function suite(name: EngineName): void {
  test('loses no row, leaves no job half, and archives nothing twice', { timeout: 300_000 }, async () => {
    const database = await migratedDatabase(name);
    const { engine, settings } = database;
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-killed-'));
    const passphrase = name === 'mariadb' ? 'right horse' : null;
    await makeCompany(engine);
    await loadKnown(engine, HISTORY);
    const secret = passphrase === null ? undefined : new Passphrase(passphrase);
    const history = new KnownHistory(engine, directory, secret);
    await history.know();
    // Some of them while they are about to go.
    const restarts = HISTORY.flatMap(({ id, status }) => (status === 'ok' && id % 7n === 1n ? [id] : []));
    const platform = writing(await database.open(), { first: JOBS + 1, restarts });
    const archiver = new Archiver({ settings, directory, passphrase });
    const survived: string[] = [];
    for (const [n, { when, die, logs = false }] of DEATHS.entries()) {
      const end = await die(archiver, { olderThan: at((n + 1) * JOBS_EACH), logs });
      if (end !== 'SIGKILL') survived.push(`${when}: ${end}`);
      expect([when, await halves(engine)]).toEqual([when, []]);
      await history.expectNothingLost();
    }
    const { made, restarted } = await platform.end();
    // Who watches from outside may come too late.
    expect(survived.length, survived.join()).toBeLessThan(4);
    expect(made.length).toBeGreaterThan(50);
    expect(restarted).toBeGreaterThan(50);
    await archiver.run({ olderThan: at(OLD), logs: true });
    await history.expectEachInOnePlace();
    expect(await halves(engine)).toEqual([]);
    await history.expectSameWhenRestored();
    await database.drop();
    rmSync(directory, { recursive: true });
  });
}

/** Jobs of the history that have lost a child; of those with very many, they go in chunks. */
async function halves(engine: Engine): Promise<unknown[]> {
  const giants = sql.join(HISTORY.flatMap(({ id, artifacts }) => (artifacts > 1 ? [sql.lit(id)] : [])));
  const { rows } = await sql`
    select j.id from job as j where j.id <= ${BigInt(JOBS)} and j.id not in (${giants}) and
      (select count(*) from artifacts as a where a.job_id = j.id) <> 1`.execute(engine.kysely<unknown>());
  return rows;
}
