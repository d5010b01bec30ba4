/** The commands that keep something from being deleted, and say why a job is kept or will be deleted. */
import type { Command } from 'commander';
import { explanationDocument, holdDocument, holdReleasedDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  type ExplainedJob,
  explainJob,
  type HoldRequest,
  holdRows,
  releaseHold,
  requireOneTarget,
} from '../../tasks/index.ts';
import { identifier, line } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { futureEnd } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { untilText, whoseText } from './retention-text.ts';

interface HoldOptions {
  readonly job?: bigint;
  readonly runTemplate?: bigint;
  readonly company?: string;
  readonly until?: number;
  readonly reason: string;
}

export const retentionHold: CliCommand<HoldOptions> = {
  description:
    "Keeps a job, a run template's jobs, or a company's jobs and log entries from being deleted, whatever rules and policies say.",
  examples: [
    ['multiflexi-cli retention:hold --job 4711 --reason "invoice in dispute"', 'one job'],
    [
      'multiflexi-cli retention:hold --company acme --until 2027-06-30 --reason audit',
      'everything of a company, up to and including that day',
    ],
  ],
  options: (command: Command) => {
    command
      .option('--job <id>', 'hold this job', identifier)
      .option('--run-template <id>', 'hold the jobs of this run template', identifier)
      .option('--company <company>', 'hold the jobs and log entries of this company (slug or id)', line)
      .option(
        '--until <date>',
        'last day of the hold (2027-06-30), or the time at which it ends (2027-06-30T12:00:00Z), in UTC (default: until released)',
        futureEnd,
      )
      .requiredOption('--reason <text>', 'why', line);
  },
  run: (options, terminal) => {
    const request: HoldRequest = {
      job: options.job ?? null,
      template: options.runTemplate ?? null,
      company: options.company ?? null,
      until: options.until ?? null,
      reason: options.reason,
    };
    requireOneTarget(request);
    return withDatabase(options, terminal, 'change', async (context) => {
      const hold = await holdRows(context, request);
      if (terminal.json) terminal.document(holdDocument(hold));
      else terminal.print(`Held: ${whoseText(hold.target, hold.slugs)}, ${untilText(hold.until)}.`);
      return EXIT.done;
    });
  },
};

export const retentionRelease: CliCommand = {
  description: 'Releases a hold.',
  examples: [['multiflexi-cli retention:release 2', 'the hold that retention:list shows as 2']],
  options: (command: Command) => {
    command.argument('<hold>', 'number of the hold, as retention:list shows it', identifier);
  },
  run: (options, terminal, [id]) =>
    withDatabase(options, terminal, 'change', async (context) => {
      await releaseHold(context, id as bigint);
      if (terminal.json) terminal.document(holdReleasedDocument());
      else terminal.print(`Hold ${id} was released.`);
      return EXIT.done;
    }),
};

export const retentionExplain: CliCommand = {
  description: 'Explains why the policies keep a job or delete it, and when it is old enough to be deleted.',
  examples: [['multiflexi-cli retention:explain 4711', 'why is this job still here?']],
  options: (command: Command) => {
    command.argument('<job>', 'id of the job', identifier);
  },
  run: (options, terminal, [id]) =>
    withDatabase(options, terminal, 'inspect', async (context) => {
      const why = await explainJob(context, id as bigint);
      if (terminal.json) terminal.document(explanationDocument(why));
      else printExplanation(why, terminal);
      return EXIT.done;
    }),
};

function printExplanation(why: ExplainedJob, terminal: Terminal): void {
  const { job, status, created, goes, reasons, policy, agesOut, slugs } = why;
  terminal.print(
    `Job ${job} (${status}, ${created.slice(0, 16)}) ${goes ? 'will be deleted by the next run' : 'is kept'}:`,
  );
  for (const reason of reasons) terminal.print(`  ${reason}`);
  if (policy) terminal.print(`Policy ${policy.id} for ${whoseText(policy, slugs)} applies.`);
  if (!goes && agesOut !== null) terminal.print(oldEnoughText(agesOut, Date.now()));
}

/** A job that is held, or among the newest, may have been old enough for long. @param now in milliseconds since the epoch */
function oldEnoughText(agesOut: string, now: number): string {
  const minute = `${agesOut.slice(0, 16)} (UTC)`;
  return Date.parse(`${agesOut.slice(0, 19).replace(' ', 'T')}Z`) <= now
    ? `It has been old enough to be deleted since ${minute}.`
    : `It will be old enough to be deleted on ${minute}.`;
}
