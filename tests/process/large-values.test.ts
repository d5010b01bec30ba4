/** Values far larger than the memory there is for them: archived, verified and restored by the program, and as they were. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { cli } from '../harness/cli.ts';
import { administer, describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';
import { loadKnown } from '../harness/known-history.ts';

const MIB = 1024 * 1024;
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
    await fill(database.engine, mib * MIB);
  }, 300_000);
  afterAll(async () => {
    rmSync(home, { recursive: true });
    await database.drop();
  });

  /** How much memory it took at most, in MiB. */
  async function peakOf(...words: string[]): Promise<number> {
    const file = join(home, 'peak');
    // What getrusage tells begins with the memory of the process that this one was forked from.
    const hook = `const {readFileSync:r,writeFileSync:w}=process.getBuiltinModule("node:fs");process.on("exit",()=>w(${JSON.stringify(file)},/VmHWM:\\s+(\\d+)/.exec(r("/proc/self/status","utf8"))[1]))`;
    const environment = {
      ...database.environment,
      NODE_OPTIONS: `--max-semi-space-size=8 --import=data:text/javascript,${encodeURIComponent(hook)}`,
    };
    const begun = performance.now();
    const { exit, stderr } = await cli(
      [...words, '--archive', join(home, 'archive'), '-f', 'json'],
      environment,
    );
    expect([words, exit, stderr]).toEqual([words, 0, '']);
    const peak = Math.round(Number(readFileSync(file, 'utf8')) / 1024);
    if (process.env.MULTIFLEXI_TEST_FIGURES !== undefined)
      process.stderr.write(`${name} ${words[0]}: ${peak} MiB, ${Math.round(performance.now() - begun)} ms\n`);
    return peak;
  }

  test('are archived, verified and restored within 200 MB', { timeout: 600_000 }, async () => {
    const { engine } = database;
    const before = await digests(engine, mib * MIB);
    expect(new Set(before).size).toBe(ARTIFACTS);
    expect(await peakOf('prune', '--jobs', '--older-than', '2026-06-01', '--guard', '100')).toBeLessThan(
      MOST_MIB,
    );
    expect(await digests(engine, mib * MIB)).toEqual([]);
    expect(await peakOf('archive:verify')).toBeLessThan(MOST_MIB);
    const { stdout } = await cli(['archive:list', '--archive', join(home, 'archive'), '-f', 'json']);
    const [{ archive }] = JSON.parse(stdout).archives;
    expect(await peakOf('archive:restore', archive, '--yes')).toBeLessThan(MOST_MIB);
    expect(await digests(engine, mib * MIB)).toEqual(before);
    // Those that are there are compared, which takes no more.
    expect(await peakOf('archive:restore', archive, '--yes')).toBeLessThan(MOST_MIB);
  });
});

/** Bytes that nothing compresses, different in each of them. */
async function fill(engine: Engine, bytes: number): Promise<void> {
  for (let id = 1; id <= ARTIFACTS; id++) {
    async function* pieces() {
      let block = createHash('sha512').update(String(id)).digest();
      for (let at = 0; at < bytes; at += MIB) {
        const piece = Buffer.alloc(Math.min(MIB, bytes - at));
        for (let place = 0; place < piece.length; place += block.length) {
          block = createHash('sha512').update(block).digest();
          block.copy(piece, place);
        }
        yield piece;
      }
    }
    await engine
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        await engine.largeValues.gathered(
          db,
          [{ type: 'binary', pieces: pieces() }],
          async ([content], from) => {
            await sql`update artifacts set content = (select ${content} ${from}) where id = ${id}`.execute(
              db,
            );
          },
        );
      });
  }
}

async function digests(engine: Engine, bytes: number): Promise<string[]> {
  const db = engine.kysely<unknown>();
  const { rows } = await sql<{ id: bigint }>`select id from artifacts order by id`.execute(db);
  const found: string[] = [];
  for (const { id } of rows) {
    const sum = createHash('sha256');
    await db.connection().execute(async (session) => {
      const stored = { table: 'artifacts', column: 'content', type: 'binary', isRow: sql`id = ${id}`, bytes };
      for await (const piece of engine.largeValues.read(session, { ...stored, locks: false }))
        sum.update(piece);
    });
    found.push(sum.digest('hex'));
  }
  return found;
}
