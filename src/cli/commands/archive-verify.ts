import type { Command } from 'commander';
import { findingsDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { type Finding, isLeftIncomplete, sourceWords, verifyArchives } from '../../tasks/index.ts';
import { type ArchiveOptions, archiveOptions, requireArchiveTarget } from '../archive-options.ts';
import { namesIn } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { ARCHIVE_DIRECTORY } from './archive-text.ts';

export const archiveVerify: CliCommand<ArchiveOptions> = {
  description:
    'Reads archives completely and verifies every row. Exit status: 0 if all are complete, or being written by a running purge; 7 if something is missing, changed or unreadable, or a run was interrupted.',
  examples: [
    ['multiflexi-cli archive:verify', 'verify all archives of ARCHIVE_DIR'],
    ['multiflexi-cli archive:verify 20261125T210000Z-1f3a9c5b7d20', 'verify one of them'],
  ],
  options: (command: Command) => {
    archiveOptions(
      command.argument('[archives...]', 'names of the archives (default: all)'),
      ARCHIVE_DIRECTORY,
    );
  },
  run: async (options, terminal, [names]) => {
    const target = requireArchiveTarget(options, terminal);
    const findings = await verifyArchives(target, {
      names: namesIn(names),
      signal: terminal.interrupted,
      onFinding: (finding) => printFinding(finding, terminal),
    });
    if (terminal.json) terminal.document(findingsDocument(target.directory, findings));
    else if (findings.length === 0) terminal.print(`There are no archives in ${target.directory}.`);
    return findings.some((finding) => finding.faults.length > 0 || isLeftIncomplete(finding))
      ? EXIT.differs
      : EXIT.done;
  },
};

function printFinding(finding: Finding, terminal: Terminal): void {
  const { archive, faults, source } = finding;
  terminal.print(`${archive}: ${verdict(finding)}`);
  for (const fault of faults) terminal.print(`  ${fault}`);
  if (isLeftIncomplete(finding))
    terminal.print(
      `  The run was interrupted. The next run of ${source ? sourceWords(source) : 'its installation'} that archives there completes it.`,
    );
}

function verdict({ rows: count, faults, unsettled, running, source }: Finding): string {
  const from = source === null ? '' : `, from ${sourceWords(source)}`;
  if (faults.length > 0) return `not complete${from}`;
  const state = running ? 'still being written; what is finished is intact' : 'interrupted';
  return `${unsettled ? state : 'complete'}, ${counted(count, 'row')}${from}`;
}
