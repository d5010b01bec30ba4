import type { Command } from 'commander';
import { removalDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { planArchiveRemoval, runArchiveRemoval } from '../../tasks/index.ts';
import { type ArchiveOptions, archiveOptions, requireArchiveTarget } from '../archive-options.ts';
import { namesIn } from '../arguments.ts';
import { confirming } from '../asking.ts';
import type { CliCommand } from '../command.ts';
import { noticeTeller } from '../notices.ts';
import { before, bytes, counted } from '../numbers.ts';
import { ARCHIVE_DIRECTORY } from './archive-text.ts';

interface RemoveOptions extends ArchiveOptions {
  readonly olderThan?: number;
  readonly dryRun?: true;
}

export const archiveRemove: CliCommand<RemoveOptions> = {
  description: 'Removes archives. What they contain can no longer be restored.',
  examples: [
    ['multiflexi-cli archive:remove 20261125T210000Z-1f3a9c5b7d20', 'remove one of them'],
    ['multiflexi-cli archive:remove --older-than 2y --dry-run', 'show which are older than two years'],
  ],
  options: (command: Command) => {
    archiveOptions(command.argument('[archives...]', 'names of the archives'), ARCHIVE_DIRECTORY)
      .option('--older-than <age>', 'archives older than this: 90d, 6m, 2y, or a date', before)
      .option('--dry-run', 'show what would be removed; remove nothing');
  },
  run: async (options, terminal, [names]) => {
    const { directory } = requireArchiveTarget(options, terminal);
    const plan = planArchiveRemoval(directory, { names: namesIn(names), olderThan: options.olderThan });
    const context = { program: terminal.command, onNotice: noticeTeller(terminal) };
    if (!options.dryRun)
      await confirming(terminal, (confirmed) => runArchiveRemoval(context, plan, confirmed));
    if (terminal.json) terminal.document(removalDocument(plan, options.dryRun ?? false));
    else {
      for (const { place, bytes: size } of plan.archives) terminal.print(`${place.name} (${bytes(size)})`);
      if (plan.archives.length === 0) terminal.print('No archive is that old.');
      else
        terminal.print(
          options.dryRun
            ? `${counted(plan.archives.length, 'archive')} would be removed. Nothing was removed.`
            : `${counted(plan.archives.length, 'archive was', 'archives were')} removed.`,
        );
    }
    return EXIT.done;
  },
};
