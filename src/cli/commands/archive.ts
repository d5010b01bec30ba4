/** The commands that look at archives, prove them and remove them. None of them opens a database. */
import type { Command } from 'commander';
import {
  type ArchiveCatalogue,
  type ArchivePlace,
  applyRemoval,
  type Finding,
  findArchive,
  listArchives,
  planRemoval,
  type RemovalPlan,
  readCatalogue,
  verifyArchive,
} from '../../cleanup/index.ts';
import { EXIT, isMultiFlexiError, MultiFlexiError } from '../../errors.ts';
import { type ArchiveOptions, archiveOptions, requireArchiveTarget } from '../archive-options.ts';
import type { CliCommand } from '../command.ts';
import { before, bytes, rows } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const WHERE = 'the directory of the archives';
const right = { align: 'right' as const };

/** What an archive's catalogue says, or what is the matter with it. */
interface Listed {
  readonly place: ArchivePlace;
  readonly catalogue: ArchiveCatalogue | undefined;
  readonly state: 'whole' | 'unsettled' | 'damaged';
}

export const archiveList: CliCommand<ArchiveOptions> = {
  description: 'Lists the archives of a directory, by their catalogues: oldest first.',
  examples: [['multiflexi-cli archive:list --archive /srv/archive', 'when, whose, how many rows, how large']],
  options: (command) => {
    archiveOptions(command, WHERE);
  },
  run: async (options, terminal) => {
    const { directory } = await requireArchiveTarget(options);
    const archives = listArchives(directory).map(listed);
    if (terminal.json) {
      terminal.document({ directory, archives: archives.map(listedDocument) });
      return EXIT.done;
    }
    if (archives.length === 0) {
      terminal.print(`There are no archives in ${directory}.`);
      return EXIT.done;
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
        ],
        archives.map(({ place, catalogue, state }) => [
          place.name,
          ...['job', 'artifacts', 'logger'].map((table) => rowsOf(catalogue, table)),
          catalogue ? bytes(sizeOf(catalogue)) : '',
          catalogue?.encrypted ? `${state}, encrypted` : state,
          catalogue?.source.where ?? '',
        ]),
      ),
    );
    if (archives.some(({ state }) => state === 'unsettled'))
      terminal.say(
        'Unsettled: its run was cut off or is at work; the next purge that archives there settles it.',
      );
    return EXIT.done;
  },
};

export const archiveShow: CliCommand<ArchiveOptions> = {
  description: 'Says what an archive holds: of whom, from when to when, in which parts.',
  examples: [['multiflexi-cli archive:show 20261125T210000Z-1f3a9c', 'companies, rows and parts']],
  options: (command: Command) => {
    archiveOptions(command.argument('<archive>', 'its name, as archive:list shows it'), WHERE);
  },
  run: async (options, terminal, [name]) => {
    const { directory } = await requireArchiveTarget(options);
    const one = listed(findArchive(directory, String(name)));
    if (!one.catalogue)
      throw new MultiFlexiError('FILE_DAMAGED', `The archive ${one.place.name} is ${one.state}.`, {
        next:
          one.state === 'unsettled'
            ? 'The next purge that archives there settles it.'
            : 'multiflexi-cli archive:verify says what is amiss.',
      });
    if (terminal.json) terminal.document({ ...listedDocument(one), parts: one.catalogue.parts });
    else showCatalogue(one.catalogue, terminal);
    return EXIT.done;
  },
};

function showCatalogue(catalogue: ArchiveCatalogue, terminal: Terminal): void {
  const { created, command, program, source, encrypted, tables, companies, parts } = catalogue;
  terminal.print(
    `Made ${created} by ${command} (version ${program}) from ${source.where} (${source.product}); ${encrypted ? 'encrypted' : 'not encrypted'}`,
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
  terminal.print(`${parts.length} parts, ${bytes(sizeOf(catalogue))}`);
}

export const archiveVerify: CliCommand<ArchiveOptions> = {
  description:
    'Reads archives from start to end and proves them: every part that the catalogue names, every row of each. Exit status: 0 all is whole, 7 something is missing or changed.',
  examples: [
    ['multiflexi-cli archive:verify', 'all archives of ARCHIVE_DIR'],
    ['multiflexi-cli archive:verify 20261125T210000Z-1f3a9c', 'one of them'],
  ],
  options: (command: Command) => {
    archiveOptions(command.argument('[archives...]', 'their names (default: all)'), WHERE);
  },
  run: async (options, terminal, [names]) => {
    const { directory, passphrase } = await requireArchiveTarget(options);
    const findings: Finding[] = [];
    for (const place of chosen(directory, names)) {
      const finding = await verifyArchive(place, { passphrase, signal: terminal.interrupted });
      findings.push(finding);
      terminal.print(`${finding.archive}: ${verdict(finding)}`);
      for (const fault of finding.faults) terminal.print(`  ${fault}`);
    }
    if (terminal.json)
      terminal.document({
        directory,
        archives: findings.map(({ faults, ...finding }) => ({
          ...finding,
          whole: faults.length === 0,
          faults,
        })),
      });
    else if (findings.length === 0) terminal.print(`There are no archives in ${directory}.`);
    return findings.some(({ faults }) => faults.length > 0) ? EXIT.differs : EXIT.done;
  },
};

function verdict({ rows: count, faults, unsettled }: Finding): string {
  if (faults.length > 0) return 'not whole';
  return `${unsettled ? 'unsettled; what is settled is whole' : 'whole'}, ${rows(count)} rows`;
}

interface RemoveOptions extends ArchiveOptions {
  readonly olderThan?: number;
  readonly dryRun?: true;
}

export const archiveRemove: CliCommand<RemoveOptions> = {
  description: 'Removes archives: what they hold cannot be put back any more.',
  examples: [
    ['multiflexi-cli archive:remove 20261125T210000Z-1f3a9c', 'one of them'],
    ['multiflexi-cli archive:remove --older-than 2y --dry-run', 'say which are older than two years'],
  ],
  options: (command: Command) => {
    archiveOptions(command.argument('[archives...]', 'their names'), WHERE)
      .option('--older-than <age>', 'those that were made before 90d, 6m, 2y or a date', before)
      .option('--dry-run', 'say what would be removed, remove nothing');
  },
  run: async (options, terminal, [names]) => {
    const { directory } = await requireArchiveTarget(options);
    const named = Array.isArray(names) && names.length > 0;
    if (named === (options.olderThan !== undefined))
      throw new MultiFlexiError('USAGE', 'It is not said which archives are to go, or in two ways.', {
        next: 'Give their names, or --older-than with an age.',
      });
    const places = named ? chosen(directory, names) : olderThan(directory, options.olderThan ?? 0);
    const plan = planRemoval(places);
    if (!options.dryRun) await requireYes(plan, terminal);
    if (!options.dryRun) await applyRemoval(plan);
    if (terminal.json)
      terminal.document({ dry_run: options.dryRun ?? false, removed: removalDocument(plan) });
    else {
      for (const { place, bytes: size } of plan.archives) terminal.print(`${place.name} (${bytes(size)})`);
      terminal.print(
        `${plan.archives.length} archives ${options.dryRun ? 'would be removed. Nothing was removed.' : 'removed.'}`,
      );
    }
    return EXIT.done;
  },
};

/** @throws NEEDS_CONFIRMATION */
async function requireYes({ archives }: RemovalPlan, terminal: Terminal): Promise<void> {
  if (archives.length === 0 || terminal.assumesYes) return;
  const jobs = archives.reduce((sum, archive) => sum + (archive.jobs ?? 0), 0);
  const unsettled = archives.some((archive) => archive.unsettled)
    ? ' Of some the run was cut off or is at work.'
    : '';
  const what = `${archives.length} archives with ${rows(jobs)} jobs would be gone for good.${unsettled}`;
  if (terminal.mayAsk && (await terminal.confirm(what))) return;
  throw new MultiFlexiError('NEEDS_CONFIRMATION', what, {
    next: 'Nothing was removed. Look at the same command with --dry-run, then add --yes.',
  });
}

function chosen(directory: string, names: unknown): ArchivePlace[] {
  return Array.isArray(names) && names.length > 0
    ? names.map((name) => findArchive(directory, String(name)))
    : listArchives(directory);
}

/** By the instant in its name. */
function olderThan(directory: string, before_: number): ArchivePlace[] {
  const bound = new Date(before_).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return listArchives(directory).filter(({ name }) => name < bound);
}

function listed(place: ArchivePlace): Listed {
  try {
    const catalogue = readCatalogue(place);
    return { place, catalogue, state: catalogue ? 'whole' : 'unsettled' };
  } catch (error) {
    if (!isMultiFlexiError(error, 'FILE_DAMAGED')) throw error;
    return { place, catalogue: undefined, state: 'damaged' };
  }
}

function listedDocument({ place, catalogue, state }: Listed) {
  return {
    archive: place.name,
    state,
    created: catalogue?.created ?? null,
    source: catalogue?.source ?? null,
    command: catalogue?.command ?? null,
    encrypted: catalogue?.encrypted ?? null,
    bytes: catalogue ? sizeOf(catalogue) : null,
    tables: catalogue?.tables.map(({ name, rows: count }) => ({ table_name: name, rows: count })) ?? [],
    companies:
      catalogue?.companies.map(({ id, slug, jobs, oldest, newest }) => ({
        company_id: BigInt(id),
        slug,
        jobs,
        oldest,
        newest,
      })) ?? [],
  };
}

function removalDocument({ archives }: RemovalPlan) {
  return archives.map(({ place, bytes: size, jobs }) => ({ archive: place.name, bytes: size, jobs }));
}

function rowsOf(catalogue: ArchiveCatalogue | undefined, table: string): string {
  const count = catalogue?.tables.find(({ name }) => name === table)?.rows;
  return count === undefined ? '' : rows(count);
}

function sizeOf({ parts }: ArchiveCatalogue): number {
  return parts.reduce((sum, part) => sum + part.bytes, 0);
}
