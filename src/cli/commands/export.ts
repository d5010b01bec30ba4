import { resolve } from 'node:path';
import { exportDocument, plannedExportDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { readArchiveSettings, readPassphrase } from '../../settings/index.ts';
import {
  type ExportOutcome,
  type ExportPlan,
  type ExportRequest,
  noteExport,
  Passphrase,
  planExport,
  runExport,
  TextStream,
} from '../../tasks/index.ts';
import { passphraseOption } from '../archive-options.ts';
import { fileName, line, namesList } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { openToRecord, withDatabase, withSource } from '../database.ts';
import { exportDocumentNeedsFile, exportToTerminal, passphraseNotSpecified } from '../failures.ts';
import { bytes, counted, rows, seconds } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface ExportOptions {
  readonly output?: string;
  readonly company?: string;
  readonly tables?: readonly string[];
  readonly without?: readonly string[];
  readonly encrypt?: true;
  readonly passphraseFile?: string;
  readonly dryRun?: true;
}

/** As everywhere on a command line. */
const STANDARD_OUTPUT = '-';

export const exportCommand: CliCommand<ExportOptions> = {
  description: `Writes the database as it is at this moment, while the platform is running: as one JSON document to the standard output,
or to a file in the compact form (JSON if its name ends in .json). Every export can be imported into an empty database of
any engine. A file has its name only when it is complete, is readable by you alone, and never replaces another one. It
contains secrets: password hashes, tokens and credentials.`,
  examples: [
    ['multiflexi-cli export --output backup.rows.zst', 'the whole database, compact'],
    ['multiflexi-cli export > backup.json', 'as JSON'],
    ['multiflexi-cli export | jq .counts', 'how many rows each table has'],
    ['multiflexi-cli export --company acme --output acme.rows.zst', 'one company, with all it refers to'],
    ['multiflexi-cli export --without artifacts --output small.rows.zst', 'without what jobs have left'],
    ['multiflexi-cli export --encrypt --passphrase-file /root/passphrase --output b.rows.zst', 'encrypted'],
    ['multiflexi-cli export --dry-run', 'how many rows and bytes that would be'],
  ],
  options: (command) => {
    passphraseOption(
      command
        .option(
          '--output <file>',
          'write to this file; - is the standard output, even if that is a terminal',
          fileName,
        )
        .option('--company <company>', 'only rows of this company (slug or id), and what they refer to', line)
        .option('--tables <list>', 'only these tables (a,b), and those that they refer to', namesList)
        .option('--without <list>', 'leave out these tables; may be repeated', namesList)
        .option('--encrypt', 'encrypt the rows by a passphrase; not in JSON')
        .option('--dry-run', 'show tables, rows and estimated bytes; write nothing'),
    );
  },
  run: async (options, terminal) => {
    const request = requestOf(options);
    if (options.dryRun)
      return withDatabase(options, terminal, 'inspect', async (context) => {
        const plan = await planExport(context, request);
        if (terminal.json) terminal.document(plannedExportDocument(plan));
        else printPlan(plan, terminal);
        return EXIT.done;
      });
    const passphrase = request.encrypted ? passphraseOf(options, terminal) : undefined;
    if (request.file === null) requireReader(options, terminal);
    const stream = request.file === null ? new TextStream(1, terminal.interrupted) : undefined;
    return withSource(options, terminal, async (context) => {
      const outcome = await runExport(context, request, { sink: stream, passphrase });
      await stream?.finish();
      const recorded = await noteExport(() => openToRecord(options, terminal), outcome, context);
      if (stream === undefined && terminal.json) terminal.document(exportDocument(outcome, recorded));
      else for (const text of resultLines(outcome)) tell(text, outcome, terminal);
      return EXIT.done;
    });
  },
};

function requestOf(options: ExportOptions): ExportRequest {
  const { output, company = null, tables = null, without = [], encrypt, passphraseFile } = options;
  const file = output === undefined || output === STANDARD_OUTPUT ? null : resolve(output);
  // As with archives, whoever specifies a passphrase wants it used.
  return { company, tables, without, file, encrypted: encrypt ?? passphraseFile !== undefined };
}

/** @throws USAGE, SETTINGS_INVALID */
function passphraseOf({ passphraseFile }: ExportOptions, terminal: Terminal): Passphrase {
  const file = passphraseFile ?? readArchiveSettings(terminal.settings).passphraseFile;
  if (file === undefined) throw passphraseNotSpecified();
  return new Passphrase(readPassphrase(file));
}

/** @throws USAGE where the standard output is somebody's screen, or is to have another document */
function requireReader({ output }: ExportOptions, terminal: Terminal): void {
  if (terminal.json) throw exportDocumentNeedsFile();
  if (output !== STANDARD_OUTPUT && process.stdout.isTTY === true) throw exportToTerminal();
}

function printPlan({ tables, rows: sum, bytes: size, added }: ExportPlan, terminal: Terminal): void {
  const right = { align: 'right' as const };
  terminal.print(
    textTable(
      [{ title: 'Table' }, { title: 'Rows', ...right }, { title: 'In the database', ...right }],
      tables.map(({ name, rows: count, rowsExact, bytes: stored }) => [
        name,
        count === null ? 'unknown' : `${rowsExact ? '' : '~'}${rows(count)}`,
        stored === null ? 'unknown' : bytes(stored),
      ]),
    ),
  );
  if (added.length > 0) terminal.print(`Also exported, as their rows are referred to: ${added.join(', ')}.`);
  terminal.print(
    `The export would have about ${counted(sum, 'row')} and may take ${bytes(size)}. Nothing was written.`,
  );
}

function resultLines({ tables, rows: sum, bytes: size, milliseconds, file }: ExportOutcome): string[] {
  const what = `${counted(sum, 'row')} of ${counted(tables.length, 'table')}`;
  const to = file === null ? '' : ` to ${file}`;
  return [`Exported ${what}${to} (${bytes(size)}) in ${seconds(milliseconds)}.`];
}

/** The standard output has the export itself. */
function tell(text: string, { file }: ExportOutcome, terminal: Terminal): void {
  if (file === null) terminal.say(text);
  else terminal.print(text);
}
