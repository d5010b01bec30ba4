/** Archives: which there are, what they hold, whether they are complete, and what was removed. */
import type { ArchiveCatalogue, Finding, ListedArchive, RemovalPlan } from '../tasks/index.ts';

export function archivesDocument(directory: string, archives: readonly ListedArchive[]) {
  return { directory, archives: archives.map(listedOf) };
}

export function archiveDocument(archive: ListedArchive & { readonly catalogue: ArchiveCatalogue }) {
  const { parts, unconfirmed } = archive.catalogue;
  return { ...listedOf(archive), parts, unconfirmed };
}

export function findingsDocument(directory: string, findings: readonly Finding[]) {
  return {
    directory,
    archives: findings.map(({ archive, source, rows, faults, unsettled, running }) => ({
      archive,
      source,
      rows,
      unsettled,
      running,
      whole: faults.length === 0,
      faults,
    })),
  };
}

export function removalDocument({ archives }: RemovalPlan, dryRun: boolean) {
  return {
    dry_run: dryRun,
    removed: archives.map(({ place, bytes, jobs }) => ({ archive: place.name, bytes, jobs })),
  };
}

function listedOf({ name, catalogue, state, fault }: ListedArchive) {
  return {
    archive: name,
    state,
    fault,
    created: catalogue?.created ?? null,
    source: catalogue?.source ?? null,
    command: catalogue?.command ?? null,
    encrypted: catalogue?.encrypted ?? null,
    bytes: catalogue ? catalogue.parts.reduce((sum, part) => sum + part.bytes, 0) : null,
    tables: catalogue?.tables.map((table) => ({ table_name: table.name, rows: table.rows })) ?? [],
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
