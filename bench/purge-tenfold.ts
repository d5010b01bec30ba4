/**
 * What the size of the table costs: the same number of rows is deleted from a history and from one ten times as long.
 * `node bench/purge-tenfold.ts [jobs] [engine,…]`: the oldest half of so many jobs go, from a table of so many and of ten
 * times as many. The time is that of plan and purge together.
 */

import { applyPurge, planPurge, sameForAll } from '../src/cleanup/index.ts';
import { type EngineName, openEngine } from '../src/engines/index.ts';
import type { Database } from '../src/schema/index.ts';
import { FINISHED } from '../src/schema/index.ts';
import { eachGround, type Ground } from './grounds.ts';

const JOBS = Number(process.argv[2] ?? 20_000);
const ENGINES = (process.argv[3] ?? 'sqlite,mariadb,postgresql,mysql').split(',') as EngineName[];
const TIMES = 3;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function seconds(ground: Ground): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    await ground.reset();
    const engine = await openEngine(ground.settings, 'change');
    const { DatCreate: olderThan } = await engine
      .kysely<Database>()
      .selectFrom('job')
      .select('DatCreate')
      .orderBy('DatCreate')
      .orderBy('id')
      .offset(JOBS / 2)
      .limit(1)
      .executeTakeFirstOrThrow();
    const rule = { keep: null, keepPerTemplate: null, keepLastSuccess: false, olderThan, statuses: FINISHED };
    const started = performance.now();
    await applyPurge(engine, await planPurge(engine, sameForAll(null, rule, undefined)), {
      program: 'bench',
      waitMs: 0,
    });
    taken.push((performance.now() - started) / 1000);
    await engine.close();
  }
  return taken.sort((a, b) => a - b)[TIMES >> 1] ?? 0;
}

say('| engine | once | tenfold | times |\n|---|---|---|---|');
for (const name of ENGINES) {
  const found: number[] = [];
  for (const jobs of [JOBS, JOBS * 10])
    await eachGround(
      [name],
      jobs,
      async (ground) => {
        found.push(await seconds(ground));
      },
      (_, why) => say(why),
    );
  const [once = 0, tenfold = 0] = found;
  say(`| ${name} | ${once.toFixed(2)} s | ${tenfold.toFixed(2)} s | ${(tenfold / once).toFixed(2)} |`);
}
