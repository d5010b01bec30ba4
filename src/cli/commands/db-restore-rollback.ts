import type { Command } from 'commander';
import { EXIT } from '../../errors.ts';
import { requireSettled, whileSchemaStays } from '../../migrations/index.ts';
import { applyRestore, planRestore, type RestoredPart, type RestorePlan } from '../../transfer/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { rows } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { fileName } from '../words.ts';
import { waitOption } from './migration-output.ts';

interface RestoreCommandOptions {
  readonly dryRun?: true;
  readonly wait: number;
}

export const dbRestoreRollback: CliCommand<RestoreCommandOptions> = {
  description: `Puts back what a rollback destroyed, from the file that it saved, after db:migrate has made the tables and
columns again. The whole file is checked first. Rows that are there already stay as they are: those that differ are
reported. After an interruption the same command goes on. Exit status: 0 all is back, 7 something differs.`,
  examples: [
    [
      'multiflexi-cli db:restore-rollback rollback.rows.zst --dry-run',
      'check the file and say what it holds',
    ],
    ['multiflexi-cli db:restore-rollback rollback.rows.zst', 'put it back'],
  ],
  options: (command: Command) => {
    waitOption(
      command
        .argument('<file>', 'the file that db:rollback saved', fileName)
        .option('--dry-run', 'check the file and say what it holds, write nothing'),
    );
  },
  run: (options, terminal, [word]) => {
    const file = String(word);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      await requireSettled(engine);
      if (options.dryRun) {
        showRestorePlan(await planRestore(engine, file), terminal);
        return EXIT.done;
      }
      const lock = {
        program: 'db:restore-rollback',
        waitMs: options.wait * 1000,
        signal: terminal.interrupted,
      };
      const restored = await whileSchemaStays(engine, lock, async () => {
        const plan = await planRestore(engine, file);
        const total = plan.parts.reduce((sum, part) => sum + part.rows, 0);
        const bar = await terminal.progressBar('restoring', total);
        try {
          return await applyRestore(engine, plan, {
            signal: terminal.interrupted,
            onProgress: (done) => bar.update(done),
          });
        } finally {
          bar.stop();
        }
      });
      showRestored(restored, terminal);
      return restored.some(({ conflicts }) => conflicts > 0) ? EXIT.differs : EXIT.done;
    });
  },
};

function nameOf({ table, column }: { readonly table: string; readonly column: string | null }): string {
  return column === null ? table : `${table}.${column}`;
}

function showRestorePlan({ file, created, program, source, parts }: RestorePlan, terminal: Terminal): void {
  if (terminal.json) {
    terminal.document({ dry_run: true, file, created, program_version: program, source, parts });
    return;
  }
  terminal.print(
    `${file}: whole; saved ${created} by version ${program} from ${source.where} (${source.product})`,
  );
  const columns = [{ title: 'What' }, { title: 'Rows', align: 'right' as const }];
  terminal.print(
    textTable(
      columns,
      parts.map((part) => [nameOf(part), rows(part.rows)]),
    ),
  );
  terminal.print('Nothing was written.');
}

function showRestored(parts: readonly RestoredPart[], terminal: Terminal): void {
  if (terminal.json) {
    terminal.document({
      dry_run: false,
      parts: parts.map(({ conflictKeys, ...part }) => ({ ...part, conflict_keys: conflictKeys })),
    });
    return;
  }
  const right = { align: 'right' as const };
  const columns = [
    { title: 'What' },
    { title: 'Rows', ...right },
    { title: 'Restored', ...right },
    { title: 'There already', ...right },
    { title: 'In conflict', ...right },
  ];
  terminal.print(
    textTable(
      columns,
      parts.map((part) => [
        nameOf(part),
        rows(part.rows),
        rows(part.restored),
        rows(part.present),
        rows(part.conflicts),
      ]),
    ),
  );
  for (const part of parts.filter(({ conflicts }) => conflicts > 0))
    terminal.say(
      `${nameOf(part)}: ${rows(part.conflicts)} differ from what was saved and were left as they are: ${part.conflictKeys.join('; ')}${part.conflicts > part.conflictKeys.length ? '; …' : ''}`,
    );
}
