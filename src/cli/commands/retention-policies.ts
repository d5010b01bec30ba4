/** The commands that show, make and remove retention policies. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  findCompany,
  type HoldTarget,
  listHolds,
  listPolicies,
  removePolicy,
  SUBJECTS,
  type Subject,
  setPolicy,
} from '../../cleanup/index.ts';
import type { Engine } from '../../engines/index.ts';
import { EXIT, MultiFlexiError } from '../../errors.ts';
import { requireMigrated } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { rows, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import { identifier, line } from '../words.ts';

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

/** Whose rows a policy or a hold is about, in words. */
export function whose({ job, template, company }: Partial<HoldTarget>): string {
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

function days(text: string): number {
  const [, digits, unit] = /^(\d{1,5})([dwy])$/.exec(text) ?? [];
  const value = Number(digits ?? Number.NaN) * { d: 1, w: 7, y: 365 }[(unit ?? 'd') as 'd' | 'w' | 'y'];
  if (value >= 1 && value <= 36_500) return value;
  throw new InvalidArgumentError('It must be an age as 90d, 8w or 2y, up to a hundred years.');
}

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
