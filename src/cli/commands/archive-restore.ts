import type { Command } from 'commander';
import {
  type ArchiveRestorePlan,
  type ArchiveTarget,
  applyArchiveRestore,
  findArchive,
  planArchiveRestore,
  type RestoredTable,
  settleArchives,
  whileNothingIsPruned,
} from '../../cleanup/index.ts';
import type { Engine } from '../../engines/index.ts';
import { EXIT, MultiFlexiError } from '../../errors.ts';
import { requireMigrated } from '../../migrations/index.ts';
import { type ArchiveOptions, archiveOptions, requireArchiveTarget } from '../archive-options.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { rows, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { identifier } from '../words.ts';

interface RestoreOptions extends ArchiveOptions {
  readonly job?: readonly bigint[];
  readonly dryRun?: true;
  readonly wait: number;
}

const right = { align: 'right' as const };

export const archiveRestore: CliCommand<RestoreOptions> = {
  description: `Puts the rows of an archive back with their ids, jobs before what is theirs. The whole archive is proven first.
Rows that are there already stay as they are: those that differ are reported. The archive stays. After an interruption
the same command goes on. A policy that let them go will do so again: retention:hold keeps them. Exit status: 0 all is
back, 7 something differs.`,
  examples: [
    ['multiflexi-cli archive:restore 20261125T210000Z-1f3a9c --dry-run', 'prove it and say what it holds'],
    [
      'multiflexi-cli archive:restore 20261125T210000Z-1f3a9c --job 4711',
      'one job, with its artifacts and log',
    ],
  ],
  options: (command: Command) => {
    archiveOptions(
      command.argument('<archive>', 'its name, as archive:list shows it'),
      'the directory of the archives',
    )
      .option('--job <id>', 'only this job, with what is its; may be repeated', anotherJob)
      .option('--dry-run', 'prove the archive and say what it holds, write nothing')
      .option('--wait <seconds>', 'how long to wait for a purge that is running', wholeNumber(0, 86_400), 60);
  },
  run: async (options, terminal, [name]) => {
    const target = await requireArchiveTarget(options);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      await requireMigrated(engine);
      const place = findArchive(target.directory, String(name));
      const plan = () =>
        planArchiveRestore(engine, place, options.job ?? null, {
          passphrase: target.passphrase,
          signal: terminal.interrupted,
        });
      if (options.dryRun) {
        showPlan(await plan(), terminal);
        return EXIT.done;
      }
      const lock = { program: 'archive:restore', waitMs: options.wait * 1000, signal: terminal.interrupted };
      const restored = await whileNothingIsPruned(engine, lock, async () => {
        await settleArchives(engine, target);
        return restore(engine, await plan(), target, terminal);
      });
      showRestored(restored, terminal);
      return restored.some(({ conflicts }) => conflicts > 0) ? EXIT.differs : EXIT.done;
    });
  },
};

function anotherJob(text: string, others: readonly bigint[] = []): readonly bigint[] {
  return [...new Set([...others, identifier(text)])];
}

async function restore(
  engine: Engine,
  plan: ArchiveRestorePlan,
  { passphrase }: ArchiveTarget,
  terminal: Terminal,
): Promise<RestoredTable[]> {
  const [missing] = plan.missing;
  if (missing !== undefined)
    throw new MultiFlexiError('UNKNOWN_TARGET', `The archive ${plan.place.name} has no job ${missing}.`, {
      next: 'Nothing was put back. multiflexi-cli archive:show says whose jobs it has, and of when.',
    });
  const total = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  const bar = await terminal.progressBar('restoring', total);
  try {
    return await applyArchiveRestore(engine, plan, {
      passphrase,
      signal: terminal.interrupted,
      onProgress: (done) => bar.update(done),
    });
  } finally {
    bar.stop();
  }
}

function showPlan({ place, catalogue, missing, tables }: ArchiveRestorePlan, terminal: Terminal): void {
  if (terminal.json) {
    terminal.document({
      dry_run: true,
      archive: place.name,
      source: catalogue.source,
      missing_jobs: missing,
      tables: tables.map(({ table, rows: count }) => ({ table_name: table, rows: count })),
    });
    return;
  }
  terminal.print(
    textTable(
      [{ title: 'Table' }, { title: 'Would be put back', ...right }],
      tables.map(({ table, rows: count }) => [table, rows(count)]),
    ),
  );
  if (missing.length > 0) terminal.say(`Not in the archive: job ${missing.join(', ')}`);
  terminal.print(`${place.name} is whole. Nothing was written.`);
}

function showRestored(tables: readonly RestoredTable[], terminal: Terminal): void {
  if (terminal.json) {
    terminal.document({
      dry_run: false,
      tables: tables.map(({ table, conflictKeys, ...counts }) => ({
        table_name: table,
        ...counts,
        conflict_keys: conflictKeys,
      })),
    });
    return;
  }
  terminal.print(
    textTable(
      [
        { title: 'Table' },
        { title: 'Rows', ...right },
        { title: 'Restored', ...right },
        { title: 'There already', ...right },
        { title: 'In conflict', ...right },
      ],
      tables.map((line) => [
        line.table,
        ...[line.rows, line.restored, line.present, line.conflicts].map(rows),
      ]),
    ),
  );
  for (const { table, conflicts, conflictKeys } of tables.filter((line) => line.conflicts > 0))
    terminal.say(
      `${table}: ${rows(conflicts)} were left out, because what is there differs or what they refer to is not there: ${conflictKeys.join('; ')}${conflicts > conflictKeys.length ? '; …' : ''}`,
    );
  if (tables.some(({ restored }) => restored > 0))
    terminal.say('What let them go will do so again: multiflexi-cli retention:hold keeps them.');
}
