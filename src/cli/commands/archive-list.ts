import { archivesDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { type ArchiveCatalogue, type ListedArchive, listArchives } from '../../tasks/index.ts';
import { type ArchiveOptions, archiveOptions, requireArchiveTarget } from '../archive-options.ts';
import type { CliCommand } from '../command.ts';
import { bytes, rows } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { ARCHIVE_DIRECTORY, STATE_WORDS, sizeOf } from './archive-text.ts';

const right = { align: 'right' as const };

export const archiveList: CliCommand<ArchiveOptions> = {
  description: 'Lists the archives of a directory, oldest first.',
  examples: [['multiflexi-cli archive:list --archive /srv/archive', 'list them with rows and sizes']],
  options: (command) => {
    archiveOptions(command, ARCHIVE_DIRECTORY);
  },
  run: async (options, terminal) => {
    const { directory } = requireArchiveTarget(options, terminal);
    const archives = listArchives(directory);
    if (terminal.json) terminal.document(archivesDocument(directory, archives));
    else printArchives(directory, archives, terminal);
    return EXIT.done;
  },
};

function printArchives(directory: string, archives: readonly ListedArchive[], terminal: Terminal): void {
  if (archives.length === 0) {
    terminal.print(`There are no archives in ${directory}.`);
    return;
  }
  terminal.print(
    textTable(
      [
        { title: 'Archive' },
        { title: 'Jobs', ...right },
        { title: 'Artifacts', ...right },
        { title: 'Log entries', ...right },
        { title: 'Size', ...right },
        { title: 'State' },
        { title: 'From' },
        { title: 'Installation' },
      ],
      archives.map(({ name, catalogue, state }) => [
        name,
        ...['job', 'artifacts', 'logger'].map((table) => rowsOf(catalogue, table)),
        catalogue ? bytes(sizeOf(catalogue)) : '',
        [STATE_WORDS[state], ...(catalogue?.encrypted ? ['encrypted'] : []), ...doubts(catalogue)].join(', '),
        catalogue?.source.where ?? '',
        catalogue?.source.installation?.slice(0, 8) ?? '',
      ]),
    ),
  );
  if (archives.some(({ state }) => state === 'unsettled'))
    terminal.say(
      'Incomplete: the run was interrupted or is still running. The next purge of the same installation that archives there completes it.',
    );
  for (const { name, fault } of archives) if (fault !== null) terminal.say(`${name}: ${fault}`);
}

function doubts(catalogue: ArchiveCatalogue | undefined): string[] {
  return catalogue && catalogue.unconfirmed.length > 0 ? ['last rows may also be in the database'] : [];
}

function rowsOf(catalogue: ArchiveCatalogue | undefined, table: string): string {
  const count = catalogue?.tables.find(({ name }) => name === table)?.rows;
  return count === undefined ? '' : rows(count);
}
