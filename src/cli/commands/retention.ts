/** The commands of retention: policies, holds, and their runs. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  explain,
  findCompany,
  type HoldTarget,
  hold,
  kindOfRun,
  listHolds,
  listPolicies,
  planPurge,
  policyBook,
  release,
  removePolicy,
  rulesInForce,
  SUBJECTS,
  type Subject,
  setPolicy,
  skipOversized,
} from '../../cleanup/index.ts';
import { type Engine, utc } from '../../engines/index.ts';
import { EXIT, MultiFlexiError } from '../../errors.ts';
import { requireMigrated } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { rows, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import { requireMaxLag } from './max-lag.ts';
import { showPlan } from './purge-output.ts';
import { archiveOf, type PurgeCommandOptions, purge, purgeOptions } from './purge-run.ts';

function identifier(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('It must be an id: digits alone.');
}

function days(text: string): number {
  const [, digits, unit] = /^(\d{1,5})([dwy])$/.exec(text) ?? [];
  const value = Number(digits ?? Number.NaN) * { d: 1, w: 7, y: 365 }[(unit ?? 'd') as 'd' | 'w' | 'y'];
  if (value >= 1 && value <= 36_500) return value;
  throw new InvalidArgumentError('It must be an age as 90d, 8w or 2y, up to a hundred years.');
}

function line(text: string): string {
  if (text.trim() !== '' && text.length <= 255 && !/\p{Cc}/u.test(text)) return text.trim();
  throw new InvalidArgumentError('It must be one line of at most 255 characters, and not blank.');
}

export const retentionList: CliCommand = {
  description: 'Shows the policies and the holds.',
  examples: [['multiflexi-cli retention:list', 'what is kept how long, and what is held']],
  options: () => {},
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (engine) => {
      await requireMigrated(engine);
      const policies = await listPolicies(engine);
      const holds = await listHolds(engine);
      if (terminal.json) {
        terminal.document({
          policies: policies.map(
            ({ company, template, maxAgeDays, keepLast, keepLastSuccess, ...policy }) => ({
              ...policy,
              company_id: company,
              run_template_id: template,
              max_age_days: maxAgeDays,
              keep_last: keepLast,
              keep_last_success: keepLastSuccess,
            }),
          ),
          holds: holds.map(({ job, template, company, ...held }) => ({
            ...held,
            job_id: job,
            run_template_id: template,
            company_id: company,
          })),
        });
        return EXIT.done;
      }
      const columns = [
        'Policy',
        'What',
        'Whose',
        'Older than',
        'Keep last',
        'Last success',
        'Archived',
        'In force',
      ];
      terminal.print(
        policies.length === 0
          ? 'There is no policy: nothing is deleted by age. Make one with retention:set.'
          : textTable(
              columns.map((title) => ({ title })),
              policies.map((policy) => [
                String(policy.id),
                policy.subject,
                whose(policy),
                policy.maxAgeDays === null ? '' : `${policy.maxAgeDays} days`,
                policy.keepLast === null ? '' : rows(policy.keepLast),
                policy.subject === 'job' ? (policy.keepLastSuccess ? 'stays' : 'goes') : '',
                policy.archive ? 'yes' : 'no',
                policy.enabled ? 'yes' : 'no',
              ]),
            ),
      );
      if (holds.length > 0) {
        terminal.print('');
        terminal.print(
          textTable(
            ['Hold', 'What', 'Until', 'Reason'].map((title) => ({ title })),
            holds.map((held) => [
              String(held.id),
              whose(held),
              held.until === null ? 'released' : `${held.until.slice(0, 16)}${held.over ? ' (over)' : ''}`,
              held.reason,
            ]),
          ),
        );
      }
      return EXIT.done;
    }),
};

function whose({ job, template, company }: Partial<HoldTarget>): string {
  if (job !== undefined && job !== null) return `job ${job}`;
  if (template !== undefined && template !== null) return `run template ${template}`;
  return company === null || company === undefined ? 'all' : `company ${company}`;
}

interface SetOptions {
  readonly subject: Subject;
  readonly company?: string;
  readonly runTemplate?: bigint;
  readonly olderThan?: number;
  readonly keepLast?: number;
  readonly keepLastSuccess: boolean;
  readonly archive?: true;
  readonly disabled?: true;
  readonly note?: string;
}

export const retentionSet: CliCommand<SetOptions> = {
  description: `Makes a policy, or changes the one that speaks of the same rows. Of several policies the most specific wins: that
of a run template, then that of a company, then that of all.`,
  examples: [
    [
      'multiflexi-cli retention:set job --older-than 180d --keep-last 20',
      'for all: half a year, but the last 20 of each run template stay',
    ],
    ['multiflexi-cli retention:set job --company acme --older-than 2y', 'another one for one company'],
    ['multiflexi-cli retention:set logger --older-than 30d', 'log entries'],
    ['multiflexi-cli retention:set job --older-than 1y --archive', 'saved to an archive before they go'],
    ['multiflexi-cli retention:set token --older-than 7d', 'tokens that ended a week ago'],
    ['multiflexi-cli retention:set history --older-than 1y', 'what runs have deleted, and when'],
  ],
  options: (command: Command) => {
    command
      .argument('<subject>', `what: ${SUBJECTS.join(', ')}`, (text: string) => {
        const subject = SUBJECTS.find((known) => known === text);
        if (subject) return subject;
        throw new InvalidArgumentError(`It must be one of ${SUBJECTS.join(', ')}.`);
      })
      .option('--company <company>', 'whose, by slug or id (default: all)', line)
      .addOption(
        new Option('--run-template <id>', 'jobs of one run template')
          .argParser(identifier)
          .conflicts('company'),
      )
      .option('--older-than <age>', 'rows go when they are older than 90d, 8w, 2y', days)
      .option(
        '--keep-last <n>',
        'the newest n stay, of each run template or company',
        wholeNumber(0, 2_000_000_000),
      )
      .option('--no-keep-last-success', 'let the last success of each run template go as well')
      .option('--archive', 'save the rows to an archive before they go')
      .option('--disabled', 'keep the policy, but not in force')
      .option('--note <text>', 'a note', line);
  },
  run: (options, terminal, [subject]) =>
    withDatabase(options, terminal, 'change', async (engine) => {
      await requireMigrated(engine);
      const id = await setPolicy(engine, {
        subject: subject as Subject,
        company: options.company === undefined ? null : await findCompany(engine, options.company),
        template:
          options.runTemplate === undefined ? null : await requireTemplate(engine, options.runTemplate),
        maxAgeDays: options.olderThan ?? null,
        keepLast: options.keepLast ?? null,
        keepLastSuccess: options.keepLastSuccess,
        archive: options.archive ?? false,
        enabled: options.disabled !== true,
        note: options.note ?? null,
      });
      if (terminal.json) terminal.document({ policy_id: id });
      else terminal.print(`Policy ${id} is set. What it would delete: multiflexi-cli retention:plan`);
      return EXIT.done;
    }),
};

async function requireTemplate(engine: Engine, id: bigint): Promise<bigint> {
  const found = await engine
    .kysely<{ run_template: { id: bigint } }>()
    .selectFrom('run_template')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst();
  if (found) return id;
  throw new MultiFlexiError('UNKNOWN_TARGET', `There is no run template ${id}; nothing was done.`, {
    next: 'Give the id of one that is there.',
  });
}

export const retentionRemove: CliCommand = {
  description: 'Removes a policy.',
  examples: [['multiflexi-cli retention:remove 3', 'the policy that retention:list shows as 3']],
  options: (command: Command) => {
    command.argument('<policy>', 'its number', identifier);
  },
  run: (options, terminal, [id]) =>
    withDatabase(options, terminal, 'change', async (engine) => {
      await requireMigrated(engine);
      await removePolicy(engine, id as bigint);
      if (terminal.json) terminal.document({ removed: true });
      else terminal.print(`Policy ${id} is removed.`);
      return EXIT.done;
    }),
};

export const retentionPlan: CliCommand<Pick<PurgeCommandOptions, 'savePlan'>> = {
  description: 'Counts what the policies would delete now, and deletes nothing.',
  examples: [['multiflexi-cli retention:plan', 'per table and company']],
  options: (command: Command) => {
    command.option('--save-plan <file>', 'keep the plan in this new file, for prune --plan', line);
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (engine) => {
      await requireMigrated(engine);
      const plan = await planPurge(engine, await policyBook(engine, Date.now()));
      return showPlan(plan, options, terminal);
    }),
};

interface RunOptions extends PurgeCommandOptions {
  readonly skipOversized?: true;
}

export const retentionRun: CliCommand<RunOptions> = {
  description: `Deletes what the policies say, as prune does: in small chunks beside the running platform, never what is unfinished
or held; after an interruption the same command goes on.`,
  examples: [
    ['multiflexi-cli retention:run --dry-run', 'count what would be deleted'],
    ['multiflexi-cli retention:run --time-budget 10m', 'for ten minutes at most'],
    [
      'multiflexi-cli retention:run --guard 30 --skip-oversized',
      'leave out companies of which more than 30 % of the jobs would go',
    ],
  ],
  options: (command: Command) => {
    purgeOptions(command).option(
      '--skip-oversized',
      'leave out, and report, companies of which more would go than --guard lets pass, instead of asking',
    );
  },
  run: (options, terminal) => {
    requireMaxLag(options);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      await requireMigrated(engine);
      const plan = await planPurge(engine, await policyBook(engine, Date.now()));
      // While the policies are the same, their runs are compared with each other.
      const rules = await rulesInForce(engine);
      const kind = kindOfRun(
        'retention',
        options.skipOversized ? [...rules, ['guard', options.guard]] : rules,
      );
      const archive = await archiveOf(options, false);
      const call = { program: 'retention:run', engine, kind, archive };
      if (!options.skipOversized) return purge({ ...call, plan }, options, terminal);
      const { plan: reduced, skipped } = await skipOversized(engine, plan, options.guard);
      return purge({ ...call, plan: reduced, skipped }, options, terminal);
    });
  },
};

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
