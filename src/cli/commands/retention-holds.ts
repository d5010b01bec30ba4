/** The commands that keep something from being deleted, and say why a job stays or goes. */
import { type Command, InvalidArgumentError } from 'commander';
import { explain, findCompany, type HoldTarget, hold, release } from '../../cleanup/index.ts';
import { utc } from '../../engines/index.ts';
import { EXIT, MultiFlexiError } from '../../errors.ts';
import { requireMigrated } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { identifier, line } from '../words.ts';
import { whose } from './retention-policies.ts';

interface HoldOptions {
  readonly job?: bigint;
  readonly runTemplate?: bigint;
  readonly company?: string;
  readonly until?: number;
  readonly reason: string;
}

export const retentionHold: CliCommand<HoldOptions> = {
  description:
    "Keeps a job, the jobs of a run template, or all that is a company's from being deleted, whatever the policies say.",
  examples: [
    ['multiflexi-cli retention:hold --job 4711 --reason "invoice in dispute"', 'one job'],
    ['multiflexi-cli retention:hold --company acme --until 2027-06-30 --reason audit', 'all of a company'],
  ],
  options: (command: Command) => {
    command
      .option('--job <id>', 'a job', identifier)
      .option('--run-template <id>', 'the jobs of a run template', identifier)
      .option('--company <company>', 'jobs and log entries of a company, by slug or id', line)
      .option(
        '--until <date>',
        'until this day begins, as 2027-06-30 (UTC; default: until it is released)',
        futureDay,
      )
      .requiredOption('--reason <text>', 'why', line);
  },
  run: (options, terminal) => {
    const given = [options.job, options.runTemplate, options.company].filter((one) => one !== undefined);
    if (given.length !== 1)
      throw new MultiFlexiError('USAGE', 'A hold is of one thing.', {
        next: 'Give one of --job, --run-template and --company.',
      });
    return withDatabase(options, terminal, 'change', async (engine) => {
      await requireMigrated(engine);
      const target: HoldTarget = {
        job: options.job ?? null,
        template: options.runTemplate ?? null,
        company: options.company === undefined ? null : await findCompany(engine, options.company),
      };
      await hold(engine, target, options.until === undefined ? null : utc(options.until), options.reason);
      if (terminal.json) terminal.document({ held: true });
      else terminal.print(`Held: ${whose(target)}.`);
      return EXIT.done;
    });
  },
};

function futureDay(text: string): number {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (day > Date.now() && new Date(day).toISOString().startsWith(text)) return day;
  throw new InvalidArgumentError('It must be a day to come, as 2027-06-30.');
}

export const retentionRelease: CliCommand = {
  description: 'Lifts a hold.',
  examples: [['multiflexi-cli retention:release 2', 'the hold that retention:list shows as 2']],
  options: (command: Command) => {
    command.argument('<hold>', 'its number', identifier);
  },
  run: (options, terminal, [id]) =>
    withDatabase(options, terminal, 'change', async (engine) => {
      await requireMigrated(engine);
      await release(engine, id as bigint);
      if (terminal.json) terminal.document({ released: true });
      else terminal.print(`Hold ${id} is lifted.`);
      return EXIT.done;
    }),
};

export const retentionExplain: CliCommand = {
  description: 'Says why a job stays or goes under the policies, and from when on its age lets it go.',
  examples: [['multiflexi-cli retention:explain 4711', 'why is this job still here?']],
  options: (command: Command) => {
    command.argument('<job>', 'id of the job', identifier);
  },
  run: (options, terminal, [id]) =>
    withDatabase(options, terminal, 'inspect', async (engine) => {
      await requireMigrated(engine);
      const { policy, template, company, agesOut, ...why } = await explain(engine, id as bigint, Date.now());
      if (terminal.json) {
        terminal.document({
          job_id: why.job,
          status: why.status,
          created: why.created,
          company_id: company,
          run_template_id: template,
          policy_id: policy?.id ?? null,
          goes: why.goes,
          ages_out: agesOut,
          reasons: why.reasons,
        });
        return EXIT.done;
      }
      terminal.print(
        `Job ${why.job} (${why.status}, ${why.created.slice(0, 16)}) ${why.goes ? 'goes at the next run' : 'stays'}:`,
      );
      for (const reason of why.reasons) terminal.print(`  ${reason}`);
      if (policy) terminal.print(`The policy in force is ${policy.id} (${whose(policy)}).`);
      if (!why.goes && agesOut !== null)
        terminal.print(`Its age lets it go from ${agesOut.slice(0, 16)} on (UTC).`);
      return EXIT.done;
    }),
};
