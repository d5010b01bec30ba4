/**
 * What the console takes in memory, on SQLite, as it is started by hand and as the service is: `node bench/console-memory.ts [jobs] [runs]`;
 * run `npm run build` first.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Visitor } from '../tests/harness/visitor.ts';
import { eachGround, type Ground } from './grounds.ts';
import { environmentOf } from './program.ts';

const PROGRAM = fileURLToPath(new URL('../bin/multiflexi-cli.js', import.meta.url));
const JOBS = Number(process.argv[2] ?? 100_000);
const RUNS = Number(process.argv[3] ?? 2);
const PAGES = ['/', '/growth', '/retention', '/housekeeper', '/backend', '/tables'];
const READERS = 50;
const WAYS = [
  { name: 'multiflexi-cli console', flags: ['--max-semi-space-size=8'], environment: {} },
  {
    name: 'multiflexi-console',
    flags: ['--max-semi-space-size=1'],
    environment: { MALLOC_ARENA_MAX: '1' },
  },
];

const say = (line: string) => process.stdout.write(`${line}\n`);

await eachGround(['sqlite'], JOBS, measure, (name, why) => say(`${name}: ${why}`), Date.now());

async function measure({ settings, reset }: Ground): Promise<void> {
  await reset();
  for (let run = 0; run < RUNS; run++)
    for (const { name, flags, environment } of WAYS) {
      const peaks = await peaksOf(flags, { ...environmentOf(settings), ...environment });
      say(
        `${name}: ${peaks.join(', ')} MB (started, pages, ${READERS} readers, plan: peak, and what is its own rather than a part of a file)`,
      );
    }
}

async function peaksOf(
  flags: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const child = spawn(process.execPath, [...flags, PROGRAM, 'console'], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const url = await new Promise<string>((resolve) => {
      child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
    });
    const peaks = [peakOf(child.pid)];
    const { origin, hash } = new URL(url);
    const token = new URLSearchParams(hash.slice(1)).get('token') ?? '';
    const visitor = await Visitor.loggedIn({ origin, token });
    for (let round = 0; round < 3; round++) for (const page of PAGES) await visitor.get(page);
    peaks.push(peakOf(child.pid));
    for (let round = 0; round < 10; round++)
      await Promise.all(
        Array.from({ length: READERS }, (_, reader) => visitor.get(PAGES[reader % PAGES.length] ?? '/')),
      );
    peaks.push(peakOf(child.pid));
    await visitor.get('/api/prune?jobs=true&older_than=90d');
    peaks.push(peakOf(child.pid));
    return peaks;
  } finally {
    child.kill('SIGKILL');
  }
}

/**
 * The largest resident set so far, and what of it is the process's own now, in MB: the rest is files, above all Node itself, which
 * all processes of that Node share.
 */
function peakOf(pid: number | undefined): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024);
  return `${mb('VmHWM')} (${mb('RssAnon')})`;
}
