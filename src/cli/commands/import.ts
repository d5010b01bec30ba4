import { resolve } from 'node:path';
import { importDocument, plannedImportDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { readArchiveSettings, readPassphrase } from '../../settings/index.ts';
import {
  type ImportOutcome,
  type ImportRequest,
  Passphrase,
  type PlannedImport,
  planImport,
  runImport,
  SpooledInput,
  STANDARD_INPUT,
} from '../../tasks/index.ts';
import { passphraseOption } from '../archive-options.ts';
import { fileName } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { bytes, counted, rows, seconds, utcText } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { waitOption } from './migration-options.ts';

interface ImportOptions {
  readonly passphraseFile?: string;
  readonly dryRun?: true;
  readonly wait: number;
}

export const importCommand: CliCommand<ImportOptions> = {
  description: `Loads an export into an empty database of any engine. The whole file is verified before anything is written. The tables
are made at the version of the export, loaded, read back, compared with the export by their digests, and migrated to this
program's version. After an interruption, the same command continues. A database that has rows is refused (exit status 5).`,
  examples: [
    ['multiflexi-cli import backup.rows.zst', 'into the database of the settings'],
    ['multiflexi-cli import backup.json -e /root/postgresql.env', 'into another one'],
    [
      'ssh old multiflexi-cli export --output - | multiflexi-cli import -',
      'from another machine, without a file',
    ],
    ['multiflexi-cli import backup.rows.zst --dry-run', 'verify the file and show what it contains'],
  ],
  options: (command) => {
    waitOption(
      passphraseOption(
        command
          .argument('<file>', 'an export, in either form; - for the standard input', fileName)
          .option('--dry-run', 'verify the file and show what would be done; write nothing'),
      ),
    );
  },
  run: async (options, terminal, [word]) => {
    const passphrase = passphraseOf(options, terminal);
    if (word !== '-') return importFile({ file: resolve(String(word)), passphrase }, options, terminal);
    const input = new SpooledInput();
    try {
      const file = await terminal.whileReading(() => input.take(process.stdin, terminal.interrupted));
      return await importFile({ file, name: STANDARD_INPUT, passphrase }, options, terminal);
    } finally {
      await input.close();
    }
  },
};

async function importFile(
  request: ImportRequest,
  options: ImportOptions & Parameters<typeof withDatabase>[0],
  terminal: Terminal,
): Promise<number> {
  const plan = await withDatabase(options, terminal, 'inspect', (context) => planImport(context, request));
  if (!options.dryRun) return load({ ...request, plan, waitMs: options.wait * 1_000 }, options, terminal);
  if (terminal.json) terminal.document(plannedImportDocument(plan));
  else printPlan(plan, terminal);
  return EXIT.done;
}

async function load(
  request: ImportRequest & { readonly plan: PlannedImport; readonly waitMs: number },
  options: Parameters<typeof withDatabase>[0],
  terminal: Terminal,
): Promise<number> {
  for (const hook of request.plan.target.hooks)
    terminal.say(`Warning: a trigger of this database acts when rows are written: ${hook}.`);
  const outcome = await withDatabase(options, terminal, 'create', (context) => runImport(context, request));
  if (terminal.json) terminal.document(importDocument(outcome));
  else printOutcome(outcome, terminal);
  return EXIT.done;
}

/** @throws SETTINGS_INVALID */
function passphraseOf({ passphraseFile }: ImportOptions, terminal: Terminal): Passphrase | undefined {
  const file = passphraseFile ?? readArchiveSettings(terminal.settings).passphraseFile;
  return file === undefined ? undefined : new Passphrase(readPassphrase(file));
}

const TARGETS = {
  empty: 'Its tables would be made, and its rows loaded.',
  built: 'Its rows would be loaded into the tables of this database, which have none.',
  interrupted: 'An import of this file was interrupted; it would continue.',
} as const;

function printPlan({ verified, target, migrations }: PlannedImport, terminal: Terminal): void {
  const { file, created, program, source, bytes: size, schema } = verified;
  printTables(verified, terminal);
  terminal.print(
    `${file}: complete (${bytes(size)}); exported ${utcText(created)} by ${program} from ${source.where} (${source.product})`,
  );
  for (const hook of target.hooks) terminal.say(`Warning: a trigger acts when rows are written: ${hook}.`);
  terminal.print(`${TARGETS[target.state]} Its schema is of version ${schema.version}.`);
  if (migrations.length > 0)
    terminal.print(`Then ${counted(migrations.length, 'migration')} would be applied.`);
  terminal.print('Nothing was written.');
}

function printTables({ sums }: PlannedImport['verified'], terminal: Terminal): void {
  const right = { align: 'right' as const };
  terminal.print(
    textTable(
      [{ title: 'Table' }, { title: 'Rows', ...right }, { title: 'Digest' }],
      sums.map(({ name, rows: count, digest }) => [name, rows(count), digest]),
    ),
  );
}

function printOutcome(
  { verified, continued, migrations, milliseconds }: ImportOutcome,
  terminal: Terminal,
): void {
  printTables(verified, terminal);
  const sum = verified.sums.reduce((all, { rows: count }) => all + count, 0);
  if (continued) terminal.print('An earlier run was interrupted; this one has continued it.');
  terminal.print(
    `Imported ${counted(sum, 'row')} of ${counted(verified.sums.length, 'table')} in ${seconds(milliseconds)}; every table has the digest of the export.`,
  );
  if (migrations.length > 0)
    terminal.print(
      `Then ${counted(migrations.length, 'migration')} ${migrations.length === 1 ? 'was' : 'were'} applied.`,
    );
}
