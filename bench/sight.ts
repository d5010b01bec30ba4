/**
 * What it costs to see how big a database is and whether it is well: the whole process of `db:size` and `status` on a history and on one of ten times the rows.
 * `node bench/sight.ts [jobs] [engine,…] [sizes,…]`: 200,000 jobs with 400,000 artifacts and 1,000,000 log rows, all engines,
 * sizes 1,10. The built program (`npm run build`), medians of 5 after one that nobody counts.
 */
import type { EngineName } from '../src/engines/index.ts';
import { eachGround, type Ground } from './grounds.ts';
import { runProgram } from './program.ts';

const JOBS = Number(process.argv[2] ?? 200_000);
const ENGINES = (process.argv[3] ?? 'sqlite,mariadb,postgresql,mysql').split(',') as EngineName[];
const SIZES = (process.argv[4] ?? '1,10').split(',').map(Number);
const TIMES = 5;
const COMMANDS: readonly (readonly string[])[] = [
  ['db:size'],
  ['db:size', '--growth'],
  ['db:size', '--by', 'company'],
  ['status'],
];

const say = (line: string) => process.stdout.write(`${line}\n`);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** By engine and command, in the order of the sizes, in milliseconds. */
const found = new Map<string, number[]>();

async function measure(ground: Ground, jobs: number): Promise<void> {
  await ground.reset();
  for (const words of COMMANDS) {
    const times: number[] = [];
    for (let time = 0; time <= TIMES; time++) {
      const began = performance.now();
      await runProgram(ground.settings, words);
      if (time > 0) times.push(performance.now() - began);
    }
    const name = `${ground.name} | ${words.join(' ')}`;
    const all = [...(found.get(name) ?? []), Math.round(median(times))];
    found.set(name, all);
    const [first = 1] = all;
    const ratio = all.length > 1 ? ((all.at(-1) ?? 0) / first).toFixed(2) : '';
    say(`| ${name} | ${jobs} | ${all.at(-1)} ms | ${ratio} |`);
  }
}

say('| engine | command | jobs | milliseconds | ratio to the first |\n|---|---|---|---|---|');
for (const size of SIZES)
  await eachGround(
    ENGINES,
    JOBS * size,
    (ground) => measure(ground, JOBS * size),
    (name, why) => say(`${name}: ${why}`),
  );
