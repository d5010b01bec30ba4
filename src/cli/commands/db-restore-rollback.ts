import type { Command } from 'commander';
import { plannedRollbackRestoreDocument, rollbackRestoreDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  planRestoreRollback,
  type RestoredPart,
  type RestorePlan,
  runRestoreRollback,
} from '../../tasks/index.ts';
import { fileName } from '../arguments.ts';
import { confirming } from '../asking.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { rows, utcText } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { conflictsText } from './conflicts-text.ts';
import { waitOption } from './migration-options.ts';

interface RestoreCommandOptions {
  readonly dryRun?: true;
  readonly wait: number;
}

const right = { align: 'right' as const };

export const dbRestoreRollback: CliCommand<RestoreCommandOptions> = {
  description: `Restores what a rollback destroyed, from the file it saved, after db:migrate has created the tables and columns
again. The whole file is checked first. Existing rows are never overwritten; those that differ are reported. After an
interruption, the same command continues. Exit status: 0 if everything was restored, 7 if something was left out.`,
  examples: [
    [
      'multiflexi-cli db:restore-rollback rollback.rows.zst --dry-run',
      'check the file and show what it contains',
    ],
    ['multiflexi-cli db:restore-rollback rollback.rows.zst', 'restore it'],
  ],
  options: (command: Command) => {
    waitOption(
      command
        .argument('<file>', 'the file that db:rollback saved', fileName)
        .option('--dry-run', 'check the file and show what it contains; write nothing'),
    );
  },
  run: (options, terminal, [word]) => {
    const file = String(word);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      if (options.dryRun) {
        const plan = await planRestoreRollback(context, file);
        if (terminal.json) terminal.document(plannedRollbackRestoreDocument(plan));
        else printRestorePlan(plan, terminal);
        return EXIT.done;
      }
      const waitMs = options.wait * 1000;
      const restored = await confirming(terminal, (confirmed) =>
        runRestoreRollback(context, { file, confirmed, waitMs }),
      );
      if (terminal.json) terminal.document(rollbackRestoreDocument(restored));
      else printRestored(restored, terminal);
      return restored.some(({ conflicts }) => conflicts > 0) ? EXIT.differs : EXIT.done;
    });
  },
};

function nameOf({ table, column }: { readonly table: string; readonly column: string | null }): string {
  return column === null ? table : `${table}.${column}`;
}

function printRestorePlan(
  { file, created, program, source, differences, parts }: RestorePlan,
  terminal: Terminal,
): void {
  for (const difference of differences) terminal.say(`Warning: ${difference}.`);
  terminal.print(
    `${file}: complete; saved ${utcText(created)} by version ${program} from ${source.where} (${source.product})`,
  );
  terminal.print(
    textTable(
      [{ title: 'What' }, { title: 'Rows', ...right }],
      parts.map((part) => [nameOf(part), rows(part.rows)]),
    ),
  );
  terminal.print('Nothing was written.');
}

function printRestored(parts: readonly RestoredPart[], terminal: Terminal): void {
  terminal.print(
    textTable(
      [
        { title: 'What' },
        { title: 'Rows', ...right },
        { title: 'Restored', ...right },
        { title: 'Already there', ...right },
        { title: 'Left out', ...right },
      ],
      parts.map((part) => [
        nameOf(part),
        ...[part.rows, part.restored, part.present, part.conflicts].map(rows),
      ]),
    ),
  );
  for (const part of parts.filter(({ conflicts }) => conflicts > 0))
    terminal.say(`${nameOf(part)}: ${conflictsText(part)}`);
}
