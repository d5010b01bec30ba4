/**
 * The connection is cut while a purge archives, beside a platform that writes: it connects again by itself and
 * finishes, and each row is in exactly one place.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyPurge, planPurge } from '../../src/cleanup/index.ts';
import { type EngineName, openEngine } from '../../src/engines/index.ts';
import { FINISHED } from '../../src/schema/index.ts';
import { Archiver } from '../harness/archiver.ts';
import type { Stage } from '../harness/archiving-process.ts';
import { cutSessions } from '../harness/cut-sessions.ts';
import { describeOn, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, type TestJob } from '../harness/history.ts';
import { KnownHistory, loadKnown } from '../harness/known-history.ts';
import { writing } from '../harness/platform.ts';
import { jobsAndLogsOlderThan } from '../harness/rule-books.ts';
import { SERVER_ENGINES } from '../servers/index.ts';

const JOBS = 1_500;
const OLD = at(JOBS - 100);
const HISTORY = Array.from(
  { length: JOBS },
  (_, n): TestJob => ({
    id: BigInt(n + 1),
    status: n % 50 === 49 ? 'running' : (FINISHED[n % 3] ?? 'ok'),
    minute: n,
    artifacts: n === 300 ? 2_100 : 1,
    logs: 1,
    template: BigInt((n % 3) + 1),
  }),
);

/** Each is the last statement that is answered; what comes behind it reaches the server, and its answer nobody. */
const STAGES: readonly Stage[] = [
  { statement: '^begin', nth: 1 },
  { statement: 'select "logger"."id" from "logger" where.*for update', nth: 2 },
  // The commit is on its way then.
  { statement: '^delete from "logger" where \\(?"id"', nth: 2 },
  // What is in doubt is being settled.
  { statement: '^select "id" from "logger" where \\(?"id"', nth: 1 },
  { statement: '^select "job"."id".*for update', nth: 2 },
  { statement: 'octet_length[\\s\\S]*from "artifacts"', nth: 2 },
  { statement: '^delete from "artifacts" where \\(?"id"', nth: 1 },
  { statement: '^delete from "job"', nth: 2 },
  { statement: '^commit', nth: 3 },
  { statement: '^delete from "job"', nth: 1 },
];

describeOn(SERVER_ENGINES, 'a purge that archives and is cut off', (name) => {
  test('by the network, with any statement and its commit on the way', { timeout: 180_000 }, async () => {
    const { database, directory, history, end } = await begin(name);
    const { settings } = database;
    const archiver = new Archiver({ settings, directory, passphrase: null });
    const { cuts, reconnections } = await archiver.run({ olderThan: OLD, logs: true }, STAGES);
    expect(cuts).toBe(STAGES.length);
    // A hand that is cut off while the other one was already is no time of its own.
    expect(reconnections).toBeGreaterThan(STAGES.length / 2);
    await end();
    await archiver.run({ olderThan: OLD, logs: true });
    await history.expectEachInOnePlace();
    await history.expectSameWhenRestored();
    await database.drop();
  });

  test('by the server, which ends all sessions', { timeout: 180_000 }, async () => {
    const { database, directory, history, end } = await begin(name);
    let cuts: Promise<void> = Promise.resolve();
    let deletions = 0;
    const engine = await openEngine(database.settings, 'change', ({ sql }) => {
      if (!/^delete from .(job|logger)/.test(sql)) return;
      deletions++;
      if (deletions % 8 === 4 && deletions < 40) cuts = cuts.then(() => cutSessions(database));
    });
    const plan = await planPurge(engine, jobsAndLogsOlderThan(OLD));
    const lost: string[] = [];
    const { reconnections } = await applyPurge(engine, plan, {
      program: 'prune',
      waitMs: 0,
      archive: { directory, all: true },
      onLost: ({ code }) => lost.push(code),
    });
    expect(reconnections).toBeGreaterThan(0);
    expect(lost).toContain('CONNECTION_LOST');
    expect(lost).toHaveLength(reconnections);
    await cuts;
    await end();
    await engine.close();
    await new Archiver({ settings: database.settings, directory, passphrase: null }).run({
      olderThan: OLD,
      logs: true,
    });
    await history.expectEachInOnePlace();
    await database.drop();
  });
});

async function begin(name: EngineName) {
  const database = await migratedDatabase(name);
  const { engine } = database;
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-cut-'));
  await makeCompany(engine);
  await loadKnown(engine, HISTORY);
  const history = new KnownHistory(engine, directory, undefined);
  await history.know();
  const restarts = HISTORY.flatMap(({ id, status }) => (status === 'ok' && id % 7n === 1n ? [id] : []));
  const platform = writing(await database.open(), { first: JOBS + 1, restarts });
  return {
    directory,
    history,
    end: async () => {
      const { made } = await platform.end();
      expect(made.length).toBeGreaterThan(10);
    },
    database: {
      ...database,
      drop: async () => {
        await database.drop();
        rmSync(directory, { recursive: true });
      },
    },
  };
}
