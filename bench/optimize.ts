/**
 * What `db:optimize` gives back and how long it takes, beside the engine's own command, each on a fresh copy of the same
 * database from which half of the jobs, with their artifacts, and half of the log entries were deleted.
 * `node bench/optimize.ts [jobs] [engine,…] [times]`; 200,000 jobs bring 400,000 artifacts and 1,000,000 log rows. The built
 * program (`npm run build`): of its time only the rebuilds count, as of the engine's command; the last figure is that of the
 * whole process. Medians of 3.
 */
import { statSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import { type EngineName, openEngine } from '../src/engines/index.ts';
import { eachGround, type Ground } from './grounds.ts';
import { runProgram } from './program.ts';

const JOBS = Number(process.argv[2] ?? 200_000);
const ENGINES = (process.argv[3] ?? 'sqlite,mariadb,postgresql,mysql').split(',') as EngineName[];
const TIMES = Number(process.argv[4] ?? 3);
const TABLES = ['job', 'artifacts', 'logger'];
/** What the difference may be, as a share. */
const [SPACE, TIME] = [0.01, 0.05];

const say = (line: string) => process.stdout.write(`${line}\n`);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

interface Run {
  readonly back: number;
  readonly milliseconds: number;
  readonly whole: number;
}

interface Optimized {
  readonly rebuilt: readonly { readonly milliseconds: number }[];
}

async function measure(ground: Ground): Promise<void> {
  const runs: Record<'own' | 'ours', Run[]> = { own: [], ours: [] };
  // In turn, so that neither has the quieter machine.
  for (let time = 0; time < TIMES; time++)
    for (const who of ['own', 'ours'] as const) runs[who].push(await once(ground, who));
  const of = (who: 'own' | 'ours', what: keyof Run) => median(runs[who].map((run) => run[what]));
  const space = of('ours', 'back') / of('own', 'back') - 1;
  const time = of('ours', 'milliseconds') / of('own', 'milliseconds') - 1;
  const percent = (share: number) => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;
  const held = Math.abs(space) <= SPACE && time <= TIME ? 'yes' : 'no';
  say(
    `| ${ground.name} | ${mebi(of('own', 'back'))} | ${mebi(of('ours', 'back'))} | ${percent(space)} | ${of('own', 'milliseconds')} ms | ${of('ours', 'milliseconds')} ms | ${percent(time)} | ${of('ours', 'whole')} ms | ${held} |`,
  );
}

async function once(ground: Ground, who: 'own' | 'ours'): Promise<Run> {
  await ground.reset();
  await deleteHalf(ground);
  const before = await bytesOf(ground);
  const started = performance.now();
  const milliseconds = who === 'own' ? await engines(ground) : await ours(ground);
  const whole = Math.round(performance.now() - started);
  return { back: before - (await bytesOf(ground)), milliseconds: Math.round(milliseconds), whole };
}

async function ours(ground: Ground): Promise<number> {
  const { result } = await runProgram<Optimized>(ground.settings, ['db:optimize', ...TABLES, '--yes']);
  return result.rebuilt.reduce((sum, one) => sum + one.milliseconds, 0);
}

/** What an administrator would type. */
async function engines(ground: Ground): Promise<number> {
  return on(ground, async (db) => {
    const started = performance.now();
    for (const statement of ownStatements(ground.name)) await sql.raw(statement).execute(db);
    return performance.now() - started;
  });
}

function ownStatements(name: EngineName): readonly string[] {
  if (name === 'sqlite') return ['vacuum', 'pragma wal_checkpoint(truncate)'];
  return TABLES.map((table) =>
    name === 'postgresql' ? `vacuum (full, analyze) ${table}` : `optimize table ${table}`,
  );
}

async function deleteHalf(ground: Ground): Promise<void> {
  await on(ground, async (db) => {
    for (const table of ['job', 'logger'])
      await sql`delete from ${sql.table(table)} where id <= (select middle from (select (min(id) + max(id)) / 2 as middle from ${sql.table(table)}) as m)`.execute(
        db,
      );
    if (ground.name === 'postgresql') await sql`checkpoint`.execute(db);
    if (ground.name === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(db);
  });
}

/** As the files have it, as far as a client sees them. */
async function bytesOf({ name, settings }: Ground): Promise<number> {
  if (settings.connection === 'sqlite') return statSync(settings.file).size;
  const of = {
    postgresql: sql`select sum(pg_total_relation_size(oid)) as bytes from pg_class where relname in (${sql.join(TABLES)}) and relkind = 'r'`,
    mysql: sql`select sum(file_size) as bytes from information_schema.innodb_tablespaces where name in (${sql.join(TABLES.map((table) => `bench/${table}`))})`,
    mariadb: sql`select sum(file_size) as bytes from information_schema.innodb_sys_tablespaces where name in (${sql.join(TABLES.map((table) => `bench/${table}`))})`,
  };
  return on({ settings }, async (db) => {
    const { rows } = await of[name as keyof typeof of].execute(db);
    return Number((rows[0] as { bytes?: unknown } | undefined)?.bytes ?? 0);
  });
}

async function on<T>(
  { settings }: Pick<Ground, 'settings'>,
  work: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(settings, 'change');
  try {
    return await work(engine.kysely<unknown>());
  } finally {
    await engine.close();
  }
}

function mebi(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

say(`${JOBS} jobs, half of them deleted; own is the engine's command`);
say('| Engine | own gives back | ours | differs | own takes | ours | differs | whole process | held |');
say('|---|---|---|---|---|---|---|---|---|');
await eachGround(ENGINES, JOBS, measure, (name, why) => say(`${name} is left out: ${why}`));
