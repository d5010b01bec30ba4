import { type Command, InvalidArgumentError } from 'commander';
import { cycleDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  type CycleRequest,
  type CycleResult,
  planCycle,
  runCycle,
  runDaemon,
  scheduleFault,
  writeMetrics,
} from '../../housekeeper/index.ts';
import { readHousekeeperSettings } from '../../settings/index.ts';
import { DUTIES, DUTY_NAMES, type DutyName } from '../../tasks/index.ts';
import { type ArchiveOptions, archiveOptions, archiveTarget } from '../archive-options.ts';
import { fileName } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { reportFailure } from '../failure-report.ts';
import { daemonAndOnce } from '../failures.ts';
import type { GlobalOptions } from '../global-options.ts';
import { duration } from '../numbers.ts';
import { ServiceLog } from '../service-log.ts';
import type { Terminal } from '../terminal.ts';
import { printCycleEnd, printDuty } from './housekeeper-text.ts';
import { type LagOptions, lagLimit, lagOptions } from './lag-options.ts';

interface HousekeeperOptions extends ArchiveOptions, LagOptions {
  readonly dryRun?: true;
  readonly only?: readonly DutyName[];
  readonly timeBudget?: number;
  readonly daemon?: true;
  readonly once?: true;
  readonly schedule?: string;
  readonly metricsFile?: string;
}

/** A server that a timer finds restarting is waited for as long as that, in seconds, unless something else is specified. */
const PATIENCE_S = 60;
/** The part of the time between two cycles that a cycle may take. */
const SHARE_OF_PAUSE = 5 / 6;

export const housekeeperRun: CliCommand<HousekeeperOptions> = {
  description: `Does the routine work, one duty after another: statistics, counters, schedules, expired tokens, temporary
files, retention, old log entries, orphans, stale jobs, free space. One runs at a time, on whatever host: a second one ends
with exit status 6. A duty that fails does not stop the others; the exit status is then 1.`,
  examples: [
    ['multiflexi-cli housekeeper:run --dry-run', 'show line by line what would be done'],
    ['multiflexi-cli housekeeper:run --time-budget 10m', 'one cycle, for at most ten minutes'],
    ['multiflexi-cli housekeeper:run --only retention,log-pruning', 'only these duties'],
    ['multiflexi-cli housekeeper:run --daemon', 'a cycle every hour, without systemd or cron'],
  ],
  options: (command: Command) => {
    archiveOptions(lagOptions(command), 'save what must not be lost to an archive in this directory')
      .option('--dry-run', 'show what would be done; change nothing')
      .option('--only <duties>', 'only these duties, with commas between them', dutyNames)
      .option(
        '--time-budget <time>',
        'for the whole cycle (default: 50m); what is left is done next time',
        duration,
      )
      .option('--daemon', 'keep running, with a cycle every MULTIFLEXI_HOUSEKEEPER_CYCLE_PAUSE seconds')
      .option('--once', 'run one cycle, even if MULTIFLEXI_DAEMONIZE is true')
      .option(
        '--schedule <cron>',
        'with --daemon: run by this cron expression, in local time',
        cronExpression,
      )
      .option('--metrics-file <file>', "write metrics for node_exporter's textfile collector", fileName);
  },
  run: async (options, terminal) => {
    const settings = readHousekeeperSettings(terminal.settings, DUTY_NAMES);
    const request: CycleRequest = {
      settings,
      duties: DUTIES,
      only: options.only,
      timeBudgetMs: options.timeBudget ?? settings.cyclePauseMs * SHARE_OF_PAUSE,
      archive: archiveTarget(options, terminal) ?? null,
      lag: lagLimit(options),
    };
    if (options.daemon && options.once) throw daemonAndOnce();
    if (!options.once && (options.daemon || settings.daemonize)) return daemon(request, options, terminal);
    return exitOf(await oneCycle(request, options, terminal));
  },
};

type Options = HousekeeperOptions & GlobalOptions;

async function oneCycle(request: CycleRequest, options: Options, terminal: Terminal): Promise<CycleResult> {
  const dryRun = options.dryRun ?? request.settings.dryRun;
  const log = await ServiceLog.open(terminal);
  const patient = { ...options, waitForDatabase: options.waitForDatabase || PATIENCE_S };
  return withDatabase(patient, terminal, dryRun ? 'inspect' : 'change', async (context) => {
    const onDuty: CycleRequest['onDuty'] = (outcome) => {
      log.duty(outcome, dryRun);
      printDuty(outcome, dryRun, terminal);
    };
    const result = await (dryRun ? planCycle : runCycle)(context, { ...request, onDuty });
    if (terminal.json) terminal.document(cycleDocument(result));
    else printCycleEnd(result, terminal);
    log.cycle(result);
    if (options.metricsFile !== undefined && !dryRun) await writeMetrics(context, options.metricsFile);
    return result;
  });
}

function exitOf({ failed, behind, interrupted }: CycleResult): number {
  return failed.length > 0 || behind.length > 0 || interrupted ? EXIT.failed : EXIT.done;
}

/** A cycle that fails is told and tried again at the next tick. */
async function daemon(request: CycleRequest, options: Options, terminal: Terminal): Promise<number> {
  const log = await ServiceLog.open(terminal);
  await runDaemon({
    schedule: options.schedule,
    pauseMs: request.settings.cyclePauseMs,
    signal: terminal.interrupted,
    cycle: async () => {
      try {
        await oneCycle(request, options, terminal);
      } catch (error) {
        if (terminal.interrupted.aborted) return;
        log.failure(error);
        if (!log.isStructured) reportFailure(error, terminal);
      }
    },
    onMissed: () => log.info('A cycle was due while the last one was still running. It was dropped.'),
    onWaiting: (next) => log.info(`Next cycle: ${next?.toISOString() ?? 'never'}.`),
  });
  return EXIT.done;
}

function dutyNames(text: string): readonly DutyName[] {
  const words = text.split(',').map((word) => word.trim());
  const names = DUTY_NAMES.filter((name) => words.includes(name));
  if (words.every((word) => (DUTY_NAMES as readonly string[]).includes(word))) return names;
  throw new InvalidArgumentError(`It must be duties with commas between them: ${DUTY_NAMES.join(', ')}.`);
}

function cronExpression(text: string): string {
  const fault = text.trim() === '' ? 'It is blank.' : scheduleFault(text);
  if (fault === undefined) return text;
  throw new InvalidArgumentError(`It must be a cron expression, as "15 * * * *". ${fault}`);
}
