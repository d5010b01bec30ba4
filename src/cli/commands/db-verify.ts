import { verificationDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { type Difference, type SchemaVerification, verifySchema } from '../../tasks/index.ts';
import { notBlank } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { counted } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface VerifyOptions {
  readonly fixPlan?: true;
  readonly except?: readonly string[];
}

export const dbVerify: CliCommand<VerifyOptions> = {
  description: `Compares the live schema with the one that the applied migrations create: tables, columns, types, defaults,
checks, keys, indexes, foreign keys, comments, character sets and storage engines. Never writes. Exit status: 0 if they
match, 7 if not. Tables of extensions and known tools, tables that refer to ours, and those named by --except are listed,
but are not differences.`,
  examples: [
    ['multiflexi-cli db:verify', 'check the schema'],
    [
      'multiflexi-cli db:verify --fix-plan',
      'print statements that would fix the differences, for you to read and run',
    ],
    ['multiflexi-cli db:verify --except my_report', 'ignore a table of your own'],
  ],
  options: (command) => {
    command
      .option('--fix-plan', 'print the statements that would fix the differences')
      .option(
        '--except <table>',
        'ignore this table; may be repeated',
        (text: string, previous: readonly string[] = []) => [...previous, notBlank(text)],
      );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (context) => {
      const verification = await verifySchema(context, options.except);
      if (terminal.json) terminal.document(verificationDocument(verification));
      else printVerification(verification, options.fixPlan ?? false, terminal);
      sayWhatElse(verification, options.except ?? [], terminal);
      return verification.differences.length > 0 ? EXIT.differs : EXIT.done;
    }),
};

function printVerification(verification: SchemaVerification, fixPlan: boolean, terminal: Terminal): void {
  const { differences } = verification;
  if (differences.length === 0) terminal.print('The schema matches the migrations.');
  else if (fixPlan) printFixPlan(differences, terminal);
  else printDifferences(differences, terminal);
  for (const line of besides(verification)) terminal.print(fixPlan ? `-- ${line}` : line);
}

function sayWhatElse(
  { leftOut, pending }: SchemaVerification,
  except: readonly string[],
  terminal: Terminal,
): void {
  for (const table of except)
    if (!leftOut.some((left) => left.table === table))
      terminal.say(`There is no table ${table}; --except ${table} has no effect.`);
  if (pending > 0)
    terminal.say(
      `${counted(pending, 'migration is', 'migrations are')} pending; what ${pending === 1 ? 'it' : 'they'} would create is not compared.`,
    );
}

/** What is worth knowing and no difference. */
function besides({ leftOut, outside }: SchemaVerification): string[] {
  return [
    ...leftOut.map(({ table, reason }) => `Not compared: ${table}, ${reason}`),
    ...outside.map(
      ({ schema, table, columns, target, onDelete }) =>
        `Foreign key from outside: ${schema === null ? table : `${schema}.${table}`} (${columns.join(', ')}) to ${target}, on delete ${onDelete}: ${ON_DELETE[onDelete] ?? KEEPS}`,
    ),
  ];
}

const KEEPS = 'our rows that it refers to cannot be deleted';
const ON_DELETE: Readonly<Record<string, string>> = {
  cascade: 'its rows are deleted together with ours, for example by a purge',
  'set null': 'its rows lose the reference when ours are deleted, for example by a purge',
  'set default': 'its reference is set to its default when our rows are deleted, for example by a purge',
};

function printDifferences(differences: readonly Difference[], terminal: Terminal): void {
  terminal.print(
    textTable(
      ['Table', 'What', 'Name', 'Problem', 'Expected', 'Found'].map((title) => ({ title })),
      differences.map(({ table, what, name, kind, expected, found }) => [
        table,
        what,
        name ?? '',
        kind,
        expected ?? '',
        found ?? '',
      ]),
    ),
  );
  terminal.print(counted(differences.length, 'difference'));
}

function printFixPlan(differences: readonly Difference[], terminal: Terminal): void {
  for (const { kind, what, table, name, expected, found, fix } of differences) {
    const place = name === null ? table : `${table}.${name}`;
    terminal.print(
      `-- ${what} ${place} is ${kind}: ${expected ?? 'nothing'} expected, ${found ?? 'nothing'} found`,
    );
    for (const { sql } of fix) terminal.print(`${sql};`);
    if (fix.length === 0) terminal.print('-- no automatic fix: existing data may be affected');
  }
}
