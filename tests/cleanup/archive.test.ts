/** What is archived comes back to the byte; what was changed or lost meanwhile is told. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  applyArchiveRestore,
  applyPurge,
  findArchive,
  listArchives,
  planArchiveRestore,
  planPurge,
  readCatalogue,
  sameForAll,
  verifyArchive,
} from '../../src/cleanup/index.ts';
import { type Engine, utc } from '../../src/engines/index.ts';
import { loadSample } from '../../src/sample/index.ts';
import { type Database, FINISHED } from '../../src/schema/index.ts';
import { Passphrase } from '../../src/transfer/index.ts';
import { dataDigest } from '../harness/digests.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';

const UNTIL = Date.UTC(2026, 0, 31);
const TABLES = ['job', 'artifacts', 'logger'] as const;
const NOTHING_KEPT = { keep: null, keepPerTemplate: null, keepLastSuccess: false, statuses: FINISHED };

describeEngines('the archive', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let directory: string;

  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await loadSample(engine, { jobs: 400, days: 60, seed: 1, until: UNTIL, force: false });
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-archive-'));
    return () => rmSync(directory, { recursive: true });
  });

  const olderThan = utc(UNTIL - 30 * 86_400_000);

  async function archive(passphrase?: Passphrase, logs = false) {
    const rule = { ...NOTHING_KEPT, olderThan };
    const plan = await planPurge(
      engine,
      sameForAll(null, rule, logs ? { keep: null, keepPerCompany: null, olderThan } : undefined),
    );
    return applyPurge(engine, plan, {
      program: 'prune',
      waitMs: 0,
      archive: { directory, passphrase, all: true },
    });
  }

  test('gives back what went into it, digests equal', async () => {
    for (const [passphrase, logs] of [
      [undefined, false],
      [new Passphrase('right horse'), true],
    ] as const) {
      const before = await dataDigest(engine, TABLES);
      const result = await archive(passphrase, logs);
      expect(await dataDigest(engine, TABLES)).not.toEqual(before);
      const place = findArchive(directory, result.archive?.name ?? '');
      expect(result.archive?.catalogue.tables).toEqual(
        TABLES.map((table) => ({
          name: table,
          rows: result.tables.find((line) => line.table === table)?.rows,
        })),
      );
      expect(await verifyArchive(place, { passphrase })).toMatchObject({ faults: [], unsettled: false });
      const plan = await planArchiveRestore(engine, place, null, { passphrase });
      const restored = await applyArchiveRestore(engine, plan, { passphrase });
      expect(restored.map(({ conflicts }) => conflicts)).toEqual([0, 0, 0]);
      expect(await dataDigest(engine, TABLES)).toEqual(before);
      // Once more changes nothing.
      const again = await applyArchiveRestore(engine, plan, { passphrase });
      expect(again.map(({ restored: rows }) => rows)).toEqual([0, 0, 0]);
      expect(await dataDigest(engine, TABLES)).toEqual(before);
    }
  });
});
