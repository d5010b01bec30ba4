import type { Command } from 'commander';
import { archiveDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { type ArchiveCatalogue, showArchive } from '../../tasks/index.ts';
import { type ArchiveOptions, archiveOptions, requireArchiveTarget } from '../archive-options.ts';
import type { CliCommand } from '../command.ts';
import { bytes, counted, rows, utcText } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { ARCHIVE_DIRECTORY, sizeOf } from './archive-text.ts';

const right = { align: 'right' as const };

export const archiveShow: CliCommand<ArchiveOptions> = {
  description: 'Shows what an archive contains: companies, time span, rows and parts.',
  examples: [['multiflexi-cli archive:show 20261125T210000Z-1f3a9c5b7d20', 'show companies, rows and parts']],
  options: (command: Command) => {
    archiveOptions(
      command.argument('<archive>', 'name of the archive, as archive:list shows it'),
      ARCHIVE_DIRECTORY,
    );
  },
  run: async (options, terminal, [name]) => {
    const { directory } = requireArchiveTarget(options, terminal);
    const archive = showArchive(directory, String(name));
    if (terminal.json) terminal.document(archiveDocument(archive));
    else printCatalogue(archive.catalogue, terminal);
    return EXIT.done;
  },
};

function printCatalogue(catalogue: ArchiveCatalogue, terminal: Terminal): void {
  const { created, command, program, source, encrypted, tables, companies, parts, unconfirmed } = catalogue;
  terminal.print(
    `Created ${utcText(created)} by ${command} (version ${program}) from ${source.where} (${source.product}); ${encrypted ? 'encrypted' : 'not encrypted'}`,
  );
  if (source.installation !== null) terminal.print(`Installation ${source.installation}`);
  if (unconfirmed.length > 0)
    terminal.print(
      `The last rows of ${unconfirmed.join(', ')} may still be in the database as well: the run was interrupted, and another copy of the database completed the archive. A restore skips existing rows.`,
    );
  terminal.print(
    textTable(
      [{ title: 'Table' }, { title: 'Rows', ...right }],
      tables.map((table) => [table.name, rows(table.rows)]),
    ),
  );
  if (companies.length > 0)
    terminal.print(
      textTable(
        [{ title: 'Company' }, { title: 'Jobs', ...right }, { title: 'Oldest' }, { title: 'Newest' }],
        companies.map(({ id, slug, jobs, oldest, newest }) => [
          slug ?? `id ${id}`,
          rows(jobs),
          oldest.slice(0, 16),
          newest.slice(0, 16),
        ]),
      ),
    );
  terminal.print(`${counted(parts.length, 'part')}, ${bytes(sizeOf(catalogue))}`);
}
