import type { Command } from 'commander';
import { archiveRestoreDocument, plannedArchiveRestoreDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  type PlannedArchiveRestore,
  planArchiveRestore,
  type RestoredTable,
  runArchiveRestore,
} from '../../tasks/index.ts';
import { type ArchiveOptions, archiveOptions, requireArchiveTarget } from '../archive-options.ts';
import { identifier } from '../arguments.ts';
import { confirming } from '../asking.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { rows, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { ARCHIVE_DIRECTORY } from './archive-text.ts';
import { conflictsText } from './conflicts-text.ts';

interface RestoreOptions extends ArchiveOptions {
  readonly job?: readonly bigint[];
  readonly dryRun?: true;
  readonly ignoreMissingColumns?: true;
  readonly wait: number;
}

const right = { align: 'right' as const };

export const archiveRestore: CliCommand<RestoreOptions> = {
  description: `Restores the rows of an archive with their ids. The whole archive is verified first, and is kept. Existing rows are
never overwritten; those that differ are reported. After an interruption, the same command continues. What deleted
these rows will delete them again; retention:hold protects them. Exit status: 0 if everything was restored, 7 if
something was left out.`,
  examples: [
    [
      'multiflexi-cli archive:restore 20261125T210000Z-1f3a9c5b7d20 --dry-run',
      'verify it and show what it contains',
    ],
    [
      'multiflexi-cli archive:restore 20261125T210000Z-1f3a9c5b7d20 --job 4711',
      'one job, with its artifacts and log entries',
    ],
  ],
  options: (command: Command) => {
    archiveOptions(
      command.argument('<archive>', 'name of the archive, as archive:list shows it'),
      ARCHIVE_DIRECTORY,
    )
      .option('--job <id>', 'only this job, with its artifacts and log entries; may be repeated', anotherJob)
      .option('--ignore-missing-columns', 'leave out the values of columns that no longer exist')
      .option('--dry-run', 'verify the archive and show what it contains; write nothing')
      .option('--wait <seconds>', 'how long to wait for a running purge', wholeNumber(0, 86_400), 60);
  },
  run: async (options, terminal, [name]) => {
    const target = requireArchiveTarget(options, terminal);
    const request = {
      archive: String(name),
      jobs: options.job ?? null,
      leaveOutMissing: options.ignoreMissingColumns,
    };
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      if (options.dryRun) {
        const planned = await planArchiveRestore(context, target, request);
        if (terminal.json) terminal.document(plannedArchiveRestoreDocument(planned));
        else printPlannedRestore(planned, terminal);
        return EXIT.done;
      }
      const waitMs = options.wait * 1000;
      const restored = await confirming(terminal, (confirmed) =>
        runArchiveRestore(context, target, { ...request, waitMs, confirmed }),
      );
      if (terminal.json) terminal.document(archiveRestoreDocument(restored));
      else printRestored(restored, terminal);
      return restored.some(({ conflicts }) => conflicts > 0) ? EXIT.differs : EXIT.done;
    });
  },
};

function anotherJob(text: string, others: readonly bigint[] = []): readonly bigint[] {
  return [...new Set([...others, identifier(text)])];
}

function printPlannedRestore({ plan, differences }: PlannedArchiveRestore, terminal: Terminal): void {
  const { place, tables, leftOut, missing } = plan;
  terminal.print(
    textTable(
      [{ title: 'Table' }, { title: 'To be restored', ...right }],
      tables.map(({ table, rows: count }) => [table, rows(count)]),
    ),
  );
  for (const difference of differences) terminal.say(`Warning: ${difference}.`);
  if (leftOut.length > 0)
    terminal.say(`Left out, because these columns no longer exist: ${leftOut.join(', ')}`);
  if (missing.length > 0) terminal.say(`Not in the archive: job ${missing.join(', ')}`);
  terminal.print(`${place.name} is complete. Nothing was written.`);
}

function printRestored(tables: readonly RestoredTable[], terminal: Terminal): void {
  terminal.print(
    textTable(
      [
        { title: 'Table' },
        { title: 'Rows', ...right },
        { title: 'Restored', ...right },
        { title: 'Already there', ...right },
        { title: 'Left out', ...right },
      ],
      tables.map((line) => [
        line.table,
        ...[line.rows, line.restored, line.present, line.conflicts].map(rows),
      ]),
    ),
  );
  for (const line of tables.filter(({ conflicts }) => conflicts > 0))
    terminal.say(`${line.table}: ${conflictsText(line)}`);
  if (tables.some(({ restored }) => restored > 0))
    terminal.say(
      'The rule or policy that deleted these rows will delete them again. Protect them with multiflexi-cli retention:hold.',
    );
}
