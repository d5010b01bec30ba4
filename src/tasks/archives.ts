/** Looking at archives; none of it opens a database. */
import {
  type ArchiveCatalogue,
  type ArchivePlace,
  type ArchiveTarget,
  type Finding,
  findArchive,
  listArchives as placesIn,
  readCatalogue,
  verifyArchive,
} from '../cleanup/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { damagedArchive, incompleteArchive, unreadableArchive } from './failures.ts';

/** What an archive's catalogue says, or what is the matter with it. */
export interface ListedArchive {
  readonly name: string;
  readonly catalogue: ArchiveCatalogue | undefined;
  readonly state: 'whole' | 'unsettled' | 'damaged' | 'unreadable';
  /** Why it cannot be read; null where it can. */
  readonly fault: string | null;
}

/** Oldest first, by their catalogues. @throws FILE_FAILED where there is no directory */
export function listArchives(directory: string): ListedArchive[] {
  return placesIn(directory).map(listed);
}

/** @throws UNKNOWN_TARGET, FILE_FAILED, FILE_DAMAGED */
export function showArchive(
  directory: string,
  name: string,
): ListedArchive & { readonly catalogue: ArchiveCatalogue } {
  const archive = listed(findArchive(directory, name));
  const { catalogue, state, fault } = archive;
  if (catalogue) return { ...archive, catalogue };
  if (state === 'unreadable') throw unreadableArchive(fault ?? '');
  throw state === 'unsettled' ? incompleteArchive(name) : damagedArchive(name);
}

export interface VerifyArchivesRequest {
  /** Undefined for all in the directory. */
  readonly names?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told as soon as one is read to its end. */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
}

/** Reads them from start to end. @throws UNKNOWN_TARGET, PASSPHRASE_NEEDED, PASSPHRASE_WRONG; the signal's reason */
export async function verifyArchives(
  { directory, passphrase }: ArchiveTarget,
  { names, signal, onFinding }: VerifyArchivesRequest = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const place of chosenArchives(directory, names)) {
    const finding = await verifyArchive(place, { passphrase, signal });
    findings.push(finding);
    onFinding?.(finding);
  }
  return findings;
}

/** Whether it is complete as far as it goes, but its run was interrupted. */
export function isLeftIncomplete({ faults, unsettled, running }: Finding): boolean {
  return faults.length === 0 && unsettled && !running;
}

/** @throws UNKNOWN_TARGET */
export function chosenArchives(directory: string, names: readonly string[] | undefined): ArchivePlace[] {
  return names === undefined ? placesIn(directory) : names.map((name) => findArchive(directory, name));
}

function listed(place: ArchivePlace): ListedArchive {
  const { name } = place;
  try {
    const catalogue = readCatalogue(place);
    return { name, catalogue, state: catalogue ? 'whole' : 'unsettled', fault: null };
  } catch (error) {
    if (!isMultiFlexiError(error, 'FILE_DAMAGED') && !isMultiFlexiError(error, 'FILE_FAILED')) throw error;
    const state = error.code === 'FILE_DAMAGED' ? 'damaged' : 'unreadable';
    return { name, catalogue: undefined, state, fault: error.message };
  }
}
