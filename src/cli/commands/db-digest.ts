import { comparisonDocument, digestsDocument } from '../../documents/index.ts';
import { openEngine } from '../../engines/index.ts';
import { EXIT } from '../../errors.ts';
import { type OtherDatabase, readOtherDatabase } from '../../settings/index.ts';
import {
  type Comparison,
  compareDatabases,
  type DigestOutcome,
  digestDatabase,
  type TaskContext,
} from '../../tasks/index.ts';
import { fileName, namesIn, notBlank } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { compareWithOne } from '../failures.ts';
import { counted, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface DigestOptions {
  readonly ranges?: true;
  readonly compare?: string;
  readonly compareEnv?: string;
  readonly limit: number;
}

export const dbDigest: CliCommand<DigestOptions> = {
  description: `Counts the rows of each table and adds up a digest of them, which is the same on every engine for the same rows. With
--compare or --compare-env, compares with another database, and names the ranges and the rows that differ. Reads only, from one
moment, while the platform runs. A password is read from OTHER_DB_PASSWORD or from the file of --compare-env. Exit status: 7
if the databases differ.`,
  examples: [
    ['multiflexi-cli db:digest', 'all tables'],
    ['multiflexi-cli db:digest job artifacts --ranges', 'these, with every 20,000 rows by themselves'],
    [
      'multiflexi-cli db:digest --compare-env old.env',
      'what differs from the database whose DB_* settings are in old.env',
    ],
    [
      'OTHER_DB_PASSWORD=… multiflexi-cli db:digest --compare pgsql://multiflexi@db1/multiflexi',
      'the same by a URL',
    ],
  ],
  options: (command) => {
    command
      .argument('[tables...]', 'names of tables')
      .option('--ranges', 'show the ranges of keys as well; JSON always has them')
      .option(
        '--compare <url>',
        'the other database: sqlite:///FILE, mysql://USER@HOST/DATABASE, pgsql://…',
        notBlank,
      )
      .option('--compare-env <file>', 'the file with DB_* settings of the other database', fileName)
      .option('--limit <rows>', 'differing rows to name of each table', wholeNumber(0, 1_000_000), 20);
  },
  run: (options, terminal, [names]) => {
    const other = otherOf(options);
    const request = { tables: namesIn(names) };
    return withDatabase(options, terminal, 'inspect', async (context) => {
      if (other === undefined) {
        const outcome = await digestDatabase(context, request);
        if (terminal.json) terminal.document(digestsDocument(outcome));
        else printDigests(outcome, options.ranges ?? false, terminal);
        return EXIT.done;
      }
      const comparison = await compareWith(context, other, options, request, terminal);
      if (terminal.json) terminal.document(comparisonDocument(comparison));
      else printComparison(comparison, terminal);
      return comparison.isSame ? EXIT.done : EXIT.differs;
    });
  },
};

function otherOf({ compare, compareEnv }: DigestOptions): OtherDatabase | undefined {
  if (compare !== undefined && compareEnv !== undefined) throw compareWithOne();
  if (compareEnv !== undefined) return { file: compareEnv };
  return compare === undefined ? undefined : { url: compare };
}

async function compareWith(
  context: TaskContext,
  other: OtherDatabase,
  { limit }: DigestOptions,
  request: { readonly tables: readonly string[] | undefined },
  terminal: Terminal,
): Promise<Comparison> {
  const { settings } = readOtherDatabase(other, terminal.settings.environment);
  const engine = await openEngine(settings, 'inspect');
  try {
    return await compareDatabases(context, { ...request, other: engine, mostRows: limit });
  } finally {
    await engine.close();
  }
}

function printDigests({ tables, leftOut }: DigestOutcome, ranges: boolean, terminal: Terminal): void {
  const rows = tables.flatMap(({ table, sum, portions }) => [
    [table.name, '', sum.rows.toLocaleString('en'), sum.digest],
    ...(ranges
      ? portions.map(({ range, sum: part }) => [
          '',
          rangeText(range),
          part.rows.toLocaleString('en'),
          part.digest,
        ])
      : []),
  ]);
  terminal.print(
    textTable(
      [
        { title: 'Table' },
        { title: ranges ? 'Keys' : '' },
        { title: 'Rows', align: 'right' },
        { title: 'Digest' },
      ],
      rows,
    ),
  );
  sayLeftOut(leftOut, terminal);
}

function printComparison({ isSame, tables, notComparable, leftOut }: Comparison, terminal: Terminal): void {
  for (const { table, why } of notComparable) terminal.print(`${table}: not compared. ${why}`);
  for (const { table, ranges } of tables) {
    for (const { range, here, there, rows, count } of ranges) {
      terminal.print(
        `${table}, ${rangeText(range)}: ${counted(count, 'row')} differ${count === 1 ? 's' : ''} (${here.rows} here, ${there.rows} there)`,
      );
      for (const { key, how } of rows) terminal.print(`  ${key.join(', ')}: ${how}`);
      if (count > rows.length) terminal.print(`  and ${counted(count - rows.length, 'more row')}`);
    }
  }
  const equal = tables.filter(({ ranges }) => ranges.length === 0);
  const all = equal.reduce((sum, { here }) => sum + here.rows, 0);
  terminal.print(
    isSame
      ? `Equal: ${counted(equal.length, 'table')} with ${counted(all, 'row')}.`
      : `${counted(tables.length - equal.length + notComparable.length, 'table')} differ${tables.length - equal.length + notComparable.length === 1 ? 's' : ''}; ${counted(equal.length, 'table')} with ${counted(all, 'row')} ${equal.length === 1 ? 'is' : 'are'} equal.`,
  );
  sayLeftOut(leftOut, terminal);
}

function rangeText({ first, last }: DigestOutcome['tables'][number]['portions'][number]['range']): string {
  if (first === null && last === null) return 'all keys';
  if (last === null) return `from ${first?.join(', ')} on`;
  return first === null ? `up to ${last.join(', ')}` : `${first.join(', ')} to ${last.join(', ')}`;
}

function sayLeftOut(leftOut: readonly string[], terminal: Terminal): void {
  if (leftOut.length > 0)
    terminal.say(`Not included, as not of this schema: ${leftOut.join(', ')}. Name them to include them.`);
}
