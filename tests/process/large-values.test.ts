/** Values far larger than the memory there is for them: archived, verified and restored by the program, and as they were. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../harness/cli.ts';
import { administer, describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';
import { loadKnown } from '../harness/known-history.ts';
import { contentDigests, fillArtifacts, MIB, peakOf } from '../harness/large-artifacts.ts';

const MOST_MIB = 200;
const ARTIFACTS = process.env.MULTIFLEXI_TEST_EVERY_MOMENT ? 6 : 3;

describeEngines('artifacts of the largest size', (name) => {
  // What SQLite takes is bounded: docs/row-stream.md says why.
  const mib = name === 'sqlite' ? 15 : 64;
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let home: string;
  beforeAll(async () => {
    if (name === 'mysql' || name === 'mariadb')
      await administer(name, `set global max_allowed_packet = ${256 * MIB}`);
    home = mkdtempSync(join(tmpdir(), 'multiflexi-large-'));
    database = await migratedDatabase(name);
    await makeCompany(database.engine);
    await loadKnown(database.engine, [{ id: 1n, status: 'ok', minute: 1, artifacts: ARTIFACTS, logs: 1 }]);
    await fillArtifacts(database.engine, ARTIFACTS, mib * MIB);
  }, 300_000);
  afterAll(async () => {
    rmSync(home, { recursive: true });
    await database.drop();
  });

  /** How much memory it took at most, in MiB. */
  async function mostOf(...words: string[]): Promise<number> {
    const archived = [...words, '--archive', join(home, 'archive'), '-f', 'json'];
    const { exit, stderr, peak } = await peakOf(archived, database.environment);
    expect([words, exit, stderr]).toEqual([words, 0, '']);
    return peak;
  }

  test('are archived, verified and restored within 200 MB', { timeout: 600_000 }, async () => {
    const { engine } = database;
    const before = await contentDigests(engine, mib * MIB);
    expect(new Set(before).size).toBe(ARTIFACTS);
    expect(await mostOf('prune', '--jobs', '--older-than', '2026-06-01', '--guard', '100')).toBeLessThan(
      MOST_MIB,
    );
    expect(await contentDigests(engine, mib * MIB)).toEqual([]);
    expect(await mostOf('archive:verify')).toBeLessThan(MOST_MIB);
    const { stdout } = await cli(['archive:list', '--archive', join(home, 'archive'), '-f', 'json']);
    const [{ archive }] = JSON.parse(stdout).archives;
    expect(await mostOf('archive:restore', archive, '--yes')).toBeLessThan(MOST_MIB);
    expect(await contentDigests(engine, mib * MIB)).toEqual(before);
    // Those that are there are compared, which takes no more.
    expect(await mostOf('archive:restore', archive, '--yes')).toBeLessThan(MOST_MIB);
  });
});
