/**
 * What pages of the console weigh, and how long a browser that has never seen them takes until they can be used, on SQLite:
 * `node bench/pages.ts [jobs] [loads]`; run `npm run build` first. It needs chromium.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../tests/harness/browser.ts';
import { Visitor } from '../tests/harness/visitor.ts';
import { eachGround, type Ground } from './grounds.ts';
import { environmentOf } from './program.ts';

const PROGRAM = fileURLToPath(new URL('../bin/multiflexi-cli.js', import.meta.url));
const JOBS = Number(process.argv[2] ?? 20_000);
const LOADS = Number(process.argv[3] ?? 15);
const PATHS = ['/', '/growth', '/tables'];

const say = (line: string) => process.stdout.write(`${line}\n`);

const browser = await startBrowser();
await eachGround(['sqlite'], JOBS, measure, (name, why) => say(`${name}: ${why}`), Date.now());
await browser.close();

async function measure({ settings }: Ground): Promise<void> {
  const child = spawn(process.execPath, ['--max-semi-space-size=8', PROGRAM, 'console'], {
    env: { PATH: process.env.PATH, ...environmentOf(settings) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const printed = await new Promise<string>((resolve) => {
      child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
    });
    const { origin, hash } = new URL(printed);
    const token = new URLSearchParams(hash.slice(1)).get('token') ?? '';
    const { cookie } = await Visitor.loggedIn({ origin, token });
    for (const path of PATHS) {
      const loads: Load[] = [];
      for (let round = 0; round < LOADS; round++) loads.push(await loaded(browser, origin, cookie, path));
      const [answered, usable] = [loads.map((one) => one.answered), loads.map((one) => one.usable)];
      say(
        `${path}: ${((loads[0]?.weight ?? 0) / 1_000).toFixed(1)} kB gzip, answered after ${at(answered, 0.5)} ms (p95 ${at(answered, 0.95)}), ` +
          `usable after ${at(usable, 0.5)} ms (p95 ${at(usable, 0.95)})`,
      );
    }
  } finally {
    child.kill('SIGTERM');
  }
}

interface Load {
  /** Of all that came, each file packed by itself, in bytes. */
  readonly weight: number;
  /** Until the page has come, in milliseconds. */
  readonly answered: number;
  /** Until its script has run: it is a module, which the end of loading waits for. */
  readonly usable: number;
}

/** Nothing is in its cache. */
async function loaded(from: Browser, origin: string, cookie: string, path: string): Promise<Load> {
  const context = await from.newContext();
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url: origin }]);
  const page = await context.newPage();
  const bodies: Promise<Buffer>[] = [];
  page.on('response', (response) => bodies.push(response.body()));
  await page.goto(`${origin}${path}`, { waitUntil: 'networkidle' });
  const [answered, usable] = (await page.evaluate(
    "(([one]) => [one.responseEnd, one.domContentLoadedEventEnd])(performance.getEntriesByType('navigation'))",
  )) as [number, number];
  const weight = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
  await context.close();
  return { weight, answered, usable };
}

function at(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
}
