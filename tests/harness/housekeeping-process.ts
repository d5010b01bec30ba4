/**
 * A housekeeper of some host that carries out a duty, retention unless its orders say another one, with an archive, and is killed or
 * frozen where they say. Its one word is its orders, as JSON; what it says are lines of JSON.
 */
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import type { DatabaseSettings } from '../../src/engines/index.ts';
import { isMultiFlexiError } from '../../src/errors.ts';
import { runCycle } from '../../src/housekeeper/index.ts';
import { readHousekeeperSettings } from '../../src/settings/index.ts';
import { DUTIES, DUTY_NAMES, type DutyName } from '../../src/tasks/index.ts';
import { opened } from './opened.ts';

export interface Orders {
  readonly settings: DatabaseSettings;
  readonly host: string;
  readonly directory: string;
  readonly timeToLiveMs: number;
  /** After the nth statement that is like this, names in double quotes; between two transactions where it is to be its commit. */
  readonly stage: { readonly statement: string; readonly nth: number; readonly atCommit?: true } | null;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  readonly duty?: DutyName;
  /** Of the environment, as MULTIFLEXI_TMP. */
  readonly told?: Readonly<Record<string, string>>;
}

export type Said =
  | { readonly said: 'freezes' }
  | { readonly said: 'done'; readonly failed: readonly string[] }
  | { readonly said: 'refused'; readonly code: string; readonly message: string };

const {
  settings,
  host,
  directory,
  timeToLiveMs,
  stage,
  signal,
  duty = 'retention',
  told = {},
} = JSON.parse(process.argv[2] ?? '') as Orders;
os.hostname = () => host;
syncBuiltinESMExports();

const say = (what: Said) => process.stdout.write(`${JSON.stringify(what)}\n`);
let times = 0;
let waitsForCommit = false;

function watch(statement: string): void {
  if (!isReached(statement)) return;
  if (signal === 'SIGSTOP') say({ said: 'freezes' });
  process.kill(process.pid, signal);
}

function isReached(statement: string): boolean {
  if (waitsForCommit) {
    waitsForCommit = !/^commit/.test(statement);
    return !waitsForCommit;
  }
  if (stage === null || !new RegExp(stage.statement).test(statement.replaceAll('`', '"'))) return false;
  times++;
  if (times !== stage.nth) return false;
  waitsForCommit = stage.atCommit === true;
  return !waitsForCommit;
}

const engine = await opened(settings, 'change', ({ sql }) => watch(sql));
try {
  const { failed } = await runCycle(
    { engine, program: 'housekeeping' },
    {
      settings: readHousekeeperSettings({ environment: told, defaultFile: '/nonexistent' }, DUTY_NAMES),
      duties: DUTIES,
      only: [duty],
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
