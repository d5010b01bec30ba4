/** The commands that show, make and remove retention policies. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { policyRemovedDocument, policySetDocument, retentionDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  listRetention,
  type Retention,
  removePolicy,
  SUBJECTS,
  type Subject,
  setPolicy,
} from '../../tasks/index.ts';
import { identifier, line } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { counted, days, rows, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { untilText, whoseText } from './retention-text.ts';

export const retentionList: CliCommand = {
  description: 'Lists policies and holds.',
  examples: [['multiflexi-cli retention:list', 'how long rows are kept, and what is held']],
  options: () => {},
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (context) => {
      const retention = await listRetention(context);
      if (terminal.json) terminal.document(retentionDocument(retention));
      else printRetention(retention, terminal);
      return EXIT.done;
    }),
};

const POLICY_COLUMNS = [
  'Policy',
  'Rows',
  'Applies to',
  'Older than',
  'Keep last',
  'Last success',
  'Archived',
  'Enabled',
];

function printRetention({ policies, holds, slugs }: Retention, terminal: Terminal): void {
  terminal.print(
    policies.length === 0
      ? 'There are no policies, so retention:run deletes nothing. Create one with retention:set.'
      : textTable(
          POLICY_COLUMNS.map((title) => ({ title })),
          policies.map((policy) => [
            String(policy.id),
            policy.subject,
            whoseText(policy, slugs),
            policy.maxAgeDays === null ? '' : counted(policy.maxAgeDays, 'day'),
            policy.keepLast === null ? '' : rows(policy.keepLast),
            policy.subject === 'job' ? (policy.keepLastSuccess ? 'kept' : 'deleted') : '',
            policy.archive ? 'yes' : 'no',
            policy.enabled ? 'yes' : 'no',
          ]),
        ),
  );
  if (holds.length === 0) return;
  terminal.print('');
  terminal.print(
    textTable(
      ['Hold', 'Applies to', 'Lasts', 'Reason'].map((title) => ({ title })),
      holds.map((held) => [
        String(held.id),
        whoseText(held, slugs),
        `${untilText(held.until)}${held.over ? ' (ended)' : ''}`,
        held.reason,
      ]),
    ),
  );
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
  description: `Creates a policy, or replaces the one for the same rows. Of several policies the most specific one applies: that of
the run template, else that of the company, else that of all.`,
  examples: [
    [
      'multiflexi-cli retention:set job --older-than 180d --keep-last 20',
      'delete jobs after half a year, but keep the newest 20 of each run template',
    ],
    [
      'multiflexi-cli retention:set job --company acme --older-than 2y',
      "keep one company's jobs for two years",
    ],
    ['multiflexi-cli retention:set logger --older-than 30d', 'delete log entries after 30 days'],
    ['multiflexi-cli retention:set job --older-than 1y --archive', 'archive jobs before they are deleted'],
    ['multiflexi-cli retention:set token --older-than 7d', 'delete tokens a week after they end'],
    ['multiflexi-cli retention:set history --older-than 1y', 'delete the record of runs after a year'],
  ],
  options: (command: Command) => {
    command
      .argument('<subject>', `which rows: ${SUBJECTS.join(', ')}`, (text: string) => {
        const subject = SUBJECTS.find((known) => known === text);
        if (subject) return subject;
        throw new InvalidArgumentError(`It must be one of ${SUBJECTS.join(', ')}.`);
      })
      .option('--company <company>', 'only for this company (slug or id)', line)
      .addOption(
        new Option('--run-template <id>', 'only for jobs of this run template')
          .argParser(identifier)
          .conflicts('company'),
      )
      .option('--older-than <age>', 'delete rows older than this (90d, 8w, 2y)', days)
      .option(
        '--keep-last <n>',
        'keep the newest n jobs of each run template, or log entries of each company',
        wholeNumber(0, 2_000_000_000),
      )
      .option('--no-keep-last-success', 'delete the last success of each run template as well')
      .option('--archive', 'save the rows to an archive before they are deleted')
      .option('--disabled', 'keep the policy without applying it')
      .option('--note <text>', 'a note', line);
  },
  run: (options, terminal, [subject]) =>
    withDatabase(options, terminal, 'change', async (context) => {
      const id = await setPolicy(context, {
        subject: subject as Subject,
        company: options.company ?? null,
        template: options.runTemplate ?? null,
        maxAgeDays: options.olderThan ?? null,
        keepLast: options.keepLast ?? null,
        keepLastSuccess: options.keepLastSuccess,
        archive: options.archive ?? false,
        enabled: options.disabled !== true,
        note: options.note ?? null,
      });
      if (terminal.json) terminal.document(policySetDocument(id));
      else terminal.print(`Policy ${id} was saved. See what it would delete: multiflexi-cli retention:plan`);
      return EXIT.done;
    }),
};

export const retentionRemove: CliCommand = {
  description: 'Removes a policy.',
  examples: [['multiflexi-cli retention:remove 3', 'the policy that retention:list shows as 3']],
  options: (command: Command) => {
    command.argument('<policy>', 'number of the policy, as retention:list shows it', identifier);
  },
  run: (options, terminal, [id]) =>
    withDatabase(options, terminal, 'change', async (context) => {
      await removePolicy(context, id as bigint);
      if (terminal.json) terminal.document(policyRemovedDocument());
      else terminal.print(`Policy ${id} was removed.`);
      return EXIT.done;
    }),
};
