/**
 * A housekeeper of some host that carries out retention with an archive, and is killed or frozen where its orders say. Its one
 * word is its orders, as JSON; what it says are lines of JSON.
 */
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import type { DatabaseSettings } from '../../src/engines/index.ts';
import { isMultiFlexiError } from '../../src/errors.ts';
import { runCycle } from '../../src/housekeeper/index.ts';
import { DUTIES } from '../../src/tasks/index.ts';
import { DEFAULT_SETTINGS } from './housekeeper-settings.ts';
import { opened } from './opened.ts';

export interface Orders {
  readonly settings: DatabaseSettings;
  readonly host: string;
  readonly directory: string;
  readonly timeToLiveMs: number;
  /** After the nth statement that is like this, names in double quotes. */
  readonly stage: { readonly statement: string; readonly nth: number } | null;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

export type Said =
  | { readonly said: 'freezes' }
  | { readonly said: 'done'; readonly failed: readonly string[] }
  | { readonly said: 'refused'; readonly code: string; readonly message: string };

const { settings, host, directory, timeToLiveMs, stage, signal } = JSON.parse(
  process.argv[2] ?? '',
) as Orders;
os.hostname = () => host;
syncBuiltinESMExports();

const say = (what: Said) => process.stdout.write(`${JSON.stringify(what)}\n`);
let times = 0;

function watch(statement: string): void {
  if (stage === null || !new RegExp(stage.statement).test(statement.replaceAll('`', '"'))) return;
  times++;
  if (times !== stage.nth) return;
  if (signal === 'SIGSTOP') say({ said: 'freezes' });
  process.kill(process.pid, signal);
}

const engine = await opened(settings, 'change', ({ sql }) => watch(sql));
try {
  const { failed } = await runCycle(
    { engine, program: 'housekeeping' },
    {
      settings: DEFAULT_SETTINGS,
      duties: DUTIES,
      only: ['retention'],
      timeBudgetMs: 60_000,
      archive: { directory },
      lag: undefined,
      timeToLiveMs,
    },
  );
  say({ said: 'done', failed });
} catch (error) {
  if (!isMultiFlexiError(error)) throw error;
  say({ said: 'refused', code: error.code, message: error.message });
  process.exitCode = error.exit;
}
await engine.close().catch(() => {});
