import { Option } from 'commander';
import { sizeDocument } from '../../documents/index.ts';
import type { DatabaseSize, Engine, TableSize } from '../../engines/index.ts';
import { EXIT } from '../../errors.ts';
import { type OwnerKind, reportSize, type SizeReport } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { bytes, counted, rows, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { growthLine, growthNotes, growthTable, percent, sharesNote, sharesTable } from './growth-text.ts';

const SORTS = ['name', 'rows', 'data', 'indexes', 'total', 'free'] as const;
type Sort = (typeof SORTS)[number];

interface SizeOptions {
  readonly exact?: true;
  readonly sort: Sort;
  readonly limit?: number;
  readonly growth?: true;
  readonly sample?: true;
  readonly by?: OwnerKind;
}

const OWNERS_SHOWN = 20;

export const dbSize: CliCommand<SizeOptions> = {
  description: `Shows rows, data, indexes, overflow, free space and share of every table, the files, the free disk space and the growth.
Takes a moment whatever the size of the database; what is estimated has a ~. Never waits for a table that another session
holds exclusively: it is shown as busy. Writes nothing, unless --sample is given.`,
  examples: [
    ['multiflexi-cli db:size', 'sizes of the configured database'],
    ['multiflexi-cli db:size --growth', 'how each table has grown, and a forecast'],
    ['multiflexi-cli db:size --by company', 'which companies cause the growth'],
    ['multiflexi-cli db:size --exact -f json', 'with exact numbers, as JSON for a script'],
  ],
  options: (command) => {
    command
      .option('--exact', 'count rows (and pages on SQLite), which takes as long as reading them')
      .addOption(new Option('--sort <column>', 'sort tables by').choices(SORTS).default('total'))
      .option('--limit <count>', 'show only so many tables', wholeNumber(1, 100_000))
      .option('--growth', 'show the growth of each table instead, from samples of the housekeeper')
      .addOption(new Option('--by <owner>', 'show who causes the growth').choices(['company', 'template']))
      .option('--sample', 'record the sizes now, as the housekeeper does every hour');
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.sample ? 'change' : 'inspect', async (context) => {
      const { exact, sample, by, sort, limit } = options;
      const report = await reportSize(context, { exact, sample, by });
      const size = { ...report.size, tables: sorted(report.size.tables, sort).slice(0, limit) };
      if (terminal.json) terminal.document(sizeDocument(context.engine.product, { ...report, size }));
      else printReport(context.engine, { ...report, size }, options, terminal);
      return EXIT.done;
    }),
};

const FIGURE: Readonly<Record<Exclude<Sort, 'name'>, (table: TableSize) => number>> = {
  rows: (table) => table.rows,
  data: (table) => table.dataBytes,
  indexes: (table) => table.indexBytes,
  total: (table) => table.totalBytes,
  free: (table) => table.freeBytes ?? -1,
};

function sorted(tables: readonly TableSize[], sort: Sort): TableSize[] {
  if (sort === 'name') return tables.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return tables.toSorted((a, b) => FIGURE[sort](b) - FIGURE[sort](a));
}

function printReport(
  engine: Pick<Engine, 'product' | 'where'>,
  report: SizeReport,
  { growth: byTable, limit }: SizeOptions,
  terminal: Terminal,
): void {
  const { size, diskFree, growth, shares, sampled } = report;
  if (byTable) {
    terminal.print(`${engine.product}, ${engine.where}`);
    if (growth) {
      for (const part of [growthTable(growth, limit, terminal.width), ...growthNotes(growth)])
        terminal.print(part);
    } else terminal.print(NO_SAMPLES);
  } else {
    printSize(engine, size, terminal);
    terminal.print(
      `Free on the disk: ${diskFree === null ? "unknown, as the server's disk cannot be seen from here" : bytes(diskFree)}`,
    );
    if (growth) terminal.print(`${growthLine(growth)} (--growth shows tables)`);
  }
  if (shares) {
    const owners = limit ?? OWNERS_SHOWN;
    terminal.print(`\n${sharesTable(shares, owners)}\n${sharesNote(shares, owners)}`);
  }
  if (sampled)
    terminal.print(`Recorded: the sizes of the database and of ${counted(sampled.tables, 'table')}`);
}

const NO_SAMPLES =
  'Growth: unknown, as there are no samples. The housekeeper takes one every hour; db:size --sample takes one now.';

export function printSize(
  engine: Pick<Engine, 'product' | 'where'>,
  size: DatabaseSize,
  terminal: Terminal,
): void {
  terminal.print(`${engine.product}, ${engine.where}`);
  terminal.print(sizeTable(size));
  terminal.print(
    `Database: ${bytes(size.totalBytes)}, ${size.freeBytes === null ? 'free space unknown' : `of which ${APPROXIMATELY[size.freeIs]}${bytes(size.freeBytes)} are free`}`,
  );
  if (size.files.length > 0)
    terminal.print(`Files: ${size.files.map((file) => `${file.path} (${bytes(file.bytes)})`).join(', ')}`);
  for (const note of [...size.notes, ...busyNote(size)]) terminal.print(note);
}

const APPROXIMATELY: Readonly<Record<DatabaseSize['freeIs'], string>> = {
  exact: '',
  'at least': '≥',
  estimate: '~',
};

/** A column of which nothing is known is left out; then a note says why. */
function sizeTable(size: DatabaseSize): string {
  const { tables, unmeasured, totalBytes, freeIs } = size;
  const overflow = tables.some((table) => table.overflowBytes !== null);
  const free = tables.some((table) => table.freeBytes !== null);
  const cells = (table: TableSize) => {
    const about = (count: number) => `${table.bytesExact || count === 0 ? '' : '~'}${bytes(count)}`;
    return [
      table.name,
      `${table.rowsExact ? '' : '~'}${rows(table.rows)}`,
      about(table.dataBytes),
      about(table.indexBytes),
      ...(overflow ? [table.overflowBytes === null ? 'unknown' : about(table.overflowBytes)] : []),
      about(table.totalBytes),
      percent(totalBytes === 0 ? 0 : table.totalBytes / totalBytes),
      ...(free
        ? [table.freeBytes === null ? 'unknown' : APPROXIMATELY[freeIs] + bytes(table.freeBytes)]
        : []),
    ];
  };
  const titles = [
    ...['Table', 'Rows', 'Data', 'Indexes'],
    ...(overflow ? ['Overflow'] : []),
    ...['Total', 'Share'],
    ...(free ? ['Free inside'] : []),
  ];
  const columns = titles.map((title, at) => ({
    title,
    align: at === 0 ? ('left' as const) : ('right' as const),
  }));
  const blank = (name: string, why: string) => [name, why, ...titles.slice(2).map(() => '')];
  return textTable(columns, [
    ...tables.map(cells),
    ...unmeasured.map(({ name, why }) => blank(name, why === 'busy' ? 'busy' : 'unknown')),
  ]);
}

function busyNote({ unmeasured }: DatabaseSize): string[] {
  return unmeasured.some(({ why }) => why === 'busy')
    ? ['Busy: another session holds the table exclusively, or waits to, as for ALTER TABLE.']
    : [];
}
