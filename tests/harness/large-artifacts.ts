/** Artifacts far larger than the memory there is for them, and what it takes to work with them. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Engine } from '../../src/engines/index.ts';
import { cli, type Finished } from './cli.ts';

export const MIB = 1024 * 1024;

/** Runs the program. @returns with how much memory it took at most, in MiB */
export async function peakOf(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Finished & { readonly peak: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'multiflexi-peak-'));
  const file = join(folder, 'peak');
  // What getrusage tells begins with the memory of the process that this one was forked from.
  const hook = `const {readFileSync:r,writeFileSync:w}=process.getBuiltinModule("node:fs");process.on("exit",()=>w(${JSON.stringify(file)},/VmHWM:\\s+(\\d+)/.exec(r("/proc/self/status","utf8"))[1]))`;
  const begun = performance.now();
  const done = await cli(words, {
    ...environment,
    NODE_OPTIONS: `--max-semi-space-size=8 --import=data:text/javascript,${encodeURIComponent(hook)}`,
  });
  const peak = Math.round(Number(readFileSync(file, 'utf8')) / 1024);
  rmSync(folder, { recursive: true });
  if (process.env.MULTIFLEXI_TEST_FIGURES !== undefined)
    process.stderr.write(`${words[0]}: ${peak} MiB, ${Math.round(performance.now() - begun)} ms\n`);
  return { ...done, peak };
}

/** Bytes that nothing compresses, different in each of them. */
export async function fillArtifacts(engine: Engine, count: number, bytes: number): Promise<void> {
  for (let id = 1; id <= count; id++) {
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

/** SHA-256 of each artifact's content, read in pieces. @param bytes how long each is */
export async function contentDigests(engine: Engine, bytes: number): Promise<string[]> {
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
