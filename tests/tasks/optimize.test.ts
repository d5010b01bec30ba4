/** Rebuilds that are refused, and those that are not advised. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RebuildOffer, Upkeep } from '../../src/engines/index.ts';
import { planRebuilds } from '../../src/maintenance/index.ts';
import { planOptimize, REBUILD_LIMITS, runOptimize } from '../../src/tasks/index.ts';
import { isAvailable, migratedDatabase } from '../harness/engines.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';
import { type Cluster, provideCluster } from '../servers/index.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));
const GIBI = 1024 ** 3;

describe('a rebuild', () => {
  const offer: Omit<RebuildOffer, 'costs'> = {
    ...{ method: 'REWRITE TABLE', unit: 'table', blocks: null, lock: 'none', cluster: null, notes: [] },
  };
  /** A table of an engine that says of it whatever the test wants to be said. */
  const said = (bytes: number, floor: number | null): Pick<Upkeep, 'rebuilds'> => ({
    rebuilds: async () => ({
      ...offer,
      costs: [{ table: 'job', bytes, floor, how: '', needs: [], obstacle: null }],
    }),
  });
  const plan = async (bytes: number, floor: number | null, floorBefore?: number) => {
    const last = { at: '2026-11-27 00:00:00.000000', before: 2 * GIBI, after: GIBI, milliseconds: 10_000 };
    const remembered = floorBefore === undefined ? [] : [['job', { ...last, floor: floorBefore }] as const];
    const question = { tables: ['job'], named: false, limits: REBUILD_LIMITS, last: new Map(remembered) };
    return (await planRebuilds(said(bytes, floor) as Upkeep, question)).tables[0];
  };

  test('is worth it from a fifth of the table and 64 MiB on, both', async () => {
    expect(await plan(10 * GIBI, 2 * GIBI)).toMatchObject({ reason: 'worth-it', chosen: true });
    expect(await plan(10 * GIBI, 1.9 * GIBI)).toMatchObject({ reason: 'too-little', chosen: false });
    expect(await plan(100 * 1024 ** 2, 63 * 1024 ** 2)).toMatchObject({ reason: 'too-little' });
    expect(await plan(10 * GIBI, null)).toMatchObject({ reason: 'unknown', chosen: false });
  });

  test('is not advised for what stood there right behind the last one, and is once more has become free', async () => {
    expect(await plan(GIBI, 0.5 * GIBI, 0.5 * GIBI)).toMatchObject({ reason: 'rebuilt-before', gain: 0 });
    expect(await plan(GIBI, 0.75 * GIBI, 0.5 * GIBI)).toMatchObject({ reason: 'worth-it', chosen: true });
  });

  test('takes as long as the last one did for each byte that stays', async () => {
    expect(await plan(3 * GIBI, GIBI)).toMatchObject({ milliseconds: null });
    expect(await plan(3 * GIBI, GIBI, 0)).toMatchObject({ milliseconds: 20_000 });
  });
});

describe.skipIf(!isAvailable('mariadb'))('a rebuild on a node of a Galera cluster', () => {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    cluster = await provideCluster();
  });
  afterAll(() => cluster?.stop());

  test('is refused, as all nodes would wait, unless that is wanted', async ({ skip }) => {
    if (!cluster) return skip('no Galera library is to be had');
    const database = await migratedDatabase(cluster.nodes[0]);
    const context = { engine: database.engine, program: 'test' };
    const request = { tables: ['job'], limits: REBUILD_LIMITS };
    const run = { ...request, confirmed: [], waitMs: 0, lockTimeoutMs: 5_000 };
    expect((await planOptimize(context, request)).offer.cluster).toBe('the Galera cluster of 2 nodes');
    await expect(runOptimize(context, run)).rejects.toMatchObject({
      code: 'NEEDS_CONFIRMATION',
      message: expect.stringContaining('the Galera cluster of 2 nodes'),
    });
    const { rebuilt } = await runOptimize(context, { ...run, toi: true });
    expect(rebuilt.map(({ table }) => table)).toEqual(['job']);
    await database.drop();
  });
});

describe.runIf(isAvailable('sqlite') && canMount())('a rebuild of an SQLite file', () => {
  test('is refused where the disk is too small for the copy, and the file stays as it is: 5', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'multiflexi-disk-'));
    const disk = await SmallDisk.mount(folder, '20m', { HOME: folder, TMPDIR: folder });
    const program = (words: string) =>
      disk.run(
        `DB_CONNECTION=sqlite DB_DATABASE="$DISK/small.sqlite" '${process.execPath}' '${PROGRAM}' ${words}`,
      );
    expect(await program('db:migrate')).toMatchObject({ status: 0 });
    expect(await program('sample:load --jobs 2500')).toMatchObject({ status: 0 });
    const { status, said } = await program('db:optimize job --yes');
    expect([status, said]).toEqual([5, expect.stringMatching(/which has only .* free; nothing was done/)]);
    await disk.enlarge('200m');
    expect(await program('db:optimize job --yes')).toMatchObject({ status: 0 });
    expect(await program('db:verify')).toMatchObject({ status: 0 });
    await disk.unmount();
    rmSync(folder, { recursive: true });
  });
});
