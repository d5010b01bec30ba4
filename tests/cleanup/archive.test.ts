/** What is archived comes back to the byte; what was changed or lost meanwhile is told. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  applyArchiveRestore,
  applyPurge,
  findArchive,
  planArchiveRestore,
  planPurge,
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
    const made = directory;
    return () => rmSync(made, { recursive: true });
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

  test('is for its owner alone, and says whose jobs it has', async () => {
    const { archive: made } = await archive();
    const { path } = findArchive(directory, made?.name ?? '');
    expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(path)) expect(statSync(join(path, file)).mode & 0o777).toBe(0o600);
    const jobs = made?.catalogue.tables.find((table) => table.name === 'job')?.rows;
    expect(made?.catalogue.companies.reduce((sum, company) => sum + company.jobs, 0)).toBe(jobs);
    for (const { slug, oldest, newest } of made?.catalogue.companies ?? []) {
      expect(slug).toMatch(/./);
      expect(oldest <= newest && newest < olderThan).toBe(true);
    }
    await putBack(made?.name ?? '', null);
  });

  test('gives back one job alone with what is its, and names the jobs it has not', async () => {
    const db = engine.kysely<Database>();
    const before = await dataDigest(engine, TABLES);
    const [first, second] = await db
      .selectFrom('job')
      .select('id')
      .where('DatCreate', '<', olderThan)
      .where('status', 'in', FINISHED)
      .orderBy('id')
      .limit(2)
      .execute();
    const wanted = second?.id ?? 0n;
    const { archive: made } = await archive();
    const name_ = made?.name ?? '';
    const lacking = await planArchiveRestore(engine, findArchive(directory, name_), [999_999n]);
    expect(lacking.missing).toEqual([999_999n]);
    await putBack(name_, [wanted]);
    const back = await db
      .selectFrom('job')
      .select('id')
      .where('DatCreate', '<', olderThan)
      .where('status', 'in', FINISHED)
      .execute();
    expect(back).toEqual([{ id: wanted }]);
    expect(first?.id).not.toBe(wanted);
    await putBack(name_, null);
    expect(await dataDigest(engine, TABLES)).toBe(before);
  });

  test('overwrites nothing: what has an archived id by now stays, and is named with what refers to it', async () => {
    const db = engine.kysely<Database>();
    const { archive: made } = await archive();
    const plan = await planArchiveRestore(engine, findArchive(directory, made?.name ?? ''), null);
    const company = made?.catalogue.companies[0]?.id ?? '';
    await putBack(made?.name ?? '', null);
    const taken = await db
      .selectFrom('artifacts')
      .innerJoin('job', 'job.id', 'artifacts.job_id')
      .select('job_id')
      .where('DatCreate', '<', olderThan)
      .where('status', 'in', FINISHED)
      .limit(1)
      .executeTakeFirstOrThrow();
    const was = await db
      .selectFrom('job')
      .selectAll()
      .where('id', '=', taken.job_id)
      .executeTakeFirstOrThrow();
    const children = await db.selectFrom('artifacts').selectAll().where('job_id', '=', was.id).execute();
    await db.deleteFrom('job').where('id', '=', was.id).execute();
    const { id, app_id } = was;
    const stranger = { id, app_id, company_id: BigInt(company), executor: 'Stranger' };
    await db.insertInto('job').values(stranger).execute();
    const restored = await applyArchiveRestore(engine, plan);
    expect(restored[0]).toMatchObject({ conflicts: 1, conflictKeys: [`id ${id}`] });
    expect(restored[1]).toMatchObject({ restored: 0, conflicts: children.length });
    expect(await db.selectFrom('job').select('executor').where('id', '=', id).execute()).toEqual([
      { executor: 'Stranger' },
    ]);
    expect(await db.selectFrom('artifacts').select('id').where('job_id', '=', id).execute()).toEqual([]);
    await db.deleteFrom('job').where('id', '=', id).execute();
    expect((await applyArchiveRestore(engine, plan)).map(({ conflicts }) => conflicts)).toEqual([0, 0, 0]);
  });

  test('says what is missing from it and what was changed in it', async () => {
    const { archive: made } = await archive();
    const place = findArchive(directory, made?.name ?? '');
    const [part = ''] = readdirSync(place.path).filter((file) => file.endsWith('.zst'));
    const file = join(place.path, part);
    const bytes = readFileSync(file);
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(changed.length >> 1) ^ 1, changed.length >> 1);
    writeFileSync(file, changed);
    expect((await verifyArchive(place)).faults).toEqual([expect.stringContaining(part)]);
    await expect(planArchiveRestore(engine, place, null)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    rmSync(file);
    expect((await verifyArchive(place)).faults).toEqual([`the part ${part} is missing`]);
    writeFileSync(file, bytes, { mode: 0o600 });
    await putBack(place.name, null);
  });

  test('cannot be made where there is no directory for it, and then nothing is deleted', async () => {
    const before = await dataDigest(engine, TABLES);
    const file = join(directory, 'file');
    writeFileSync(file, '');
    directory = file;
    await expect(archive()).rejects.toMatchObject({ code: 'FILE_FAILED' });
    expect(await dataDigest(engine, TABLES)).toBe(before);
  });

  async function putBack(archiveName: string, jobs: readonly bigint[] | null): Promise<void> {
    const plan = await planArchiveRestore(engine, findArchive(directory, archiveName), jobs);
    const restored = await applyArchiveRestore(engine, plan);
    expect(restored.map(({ conflicts }) => conflicts)).toEqual([0, 0, 0]);
  }
});
