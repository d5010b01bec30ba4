/**
 * The platform beside a purge, as a process: a job and two artifacts a transaction, 50 times a second, until its
 * standard input ends; then it prints when each began and how long it took, in milliseconds, as one JSON document.
 * `node bench/platform-writer.ts SETTINGS-AS-JSON`
 */
import { openEngine } from '../src/engines/index.ts';
import { patiently } from '../src/pacing/index.ts';
import type { Database } from '../src/schema/index.ts';

const PER_SECOND = 50;

const engine = await openEngine(JSON.parse(process.argv[2] ?? ''), 'change');
const db = engine.kysely<Database>();
const template = await db
  .selectFrom('run_template')
  .select(['id', 'app_id', 'company_id'])
  .executeTakeFirstOrThrow();

let ended = false;
process.stdin.on('end', () => {
  ended = true;
});
process.stdin.resume();

const taken: [at: number, milliseconds: number][] = [];
process.stdout.write('writing\n');
for (let next = Date.now(); !ended; next += 1000 / PER_SECOND) {
  const wait = next - Date.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  const at = Date.now();
  const started = performance.now();
  // A lock that is not got in time is waited for again: the platform is held up as long as that takes.
  await patiently(write, { signals: [] });
  taken.push([at, performance.now() - started]);
}
process.stdout.write(`${JSON.stringify(taken)}\n`);
await engine.close();

async function write(): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const row = {
      run_template_id: template.id,
      app_id: template.app_id,
      company_id: template.company_id,
      status: 'ok' as const,
    };
    const query = transaction.insertInto('job').values(row);
    const id =
      engine.name === 'sqlite' || engine.name === 'postgresql'
        ? (await query.returning('id').executeTakeFirstOrThrow()).id
        : (await query.executeTakeFirstOrThrow()).insertId;
    for (const filename of ['stdout.txt', 'stderr.txt'])
      await transaction
        .insertInto('artifacts')
        .values({ job_id: id ?? 0n, filename, content: Buffer.from('output of a job\n'.repeat(20)) })
        .execute();
  });
}
