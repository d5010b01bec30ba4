/** Removes archives for good. Only our files are deleted; a directory that has others in it is kept. */
import { readdirSync, statSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMultiFlexiError } from '../../errors.ts';
import { fileFailure } from '../../system/index.ts';
import { readCatalogue } from './catalogue.ts';
import { type ArchivePlace, CATALOGUE, ownerIn, partialName, partialsOf, partsOf } from './directory.ts';
import { holdDirectory } from './lock.ts';

export interface RemovalPlan {
  readonly archives: readonly {
    readonly place: ArchivePlace;
    readonly bytes: number;
    /** Null when its catalogue cannot be read. */
    readonly jobs: number | null;
    /** Its run was interrupted or is still running. */
    readonly unsettled: boolean;
  }[];
}

/** Reads only. */
export function planRemoval(places: readonly ArchivePlace[]): RemovalPlan {
  return {
    archives: places.map((place) => {
      const files = filesOf(place);
      const bytes = files.reduce(
        (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
      return { place, bytes, ...held(place) };
    }),
  };
}

function held(place: ArchivePlace): { jobs: number | null; unsettled: boolean } {
  try {
    const catalogue = readCatalogue(place);
    const jobs = catalogue?.tables.find(({ name }) => name === 'job')?.rows ?? null;
    return { jobs, unsettled: catalogue === undefined };
  } catch (error) {
    if (!isMultiFlexiError(error, 'FILE_DAMAGED')) throw error;
    // Its run may be at its end just now.
    return { jobs: null, unsettled: true };
  }
}

/** One that a run is writing to is not removed. @throws LOCKED, FILE_FAILED */
export async function applyRemoval({ archives }: RemovalPlan, program: string): Promise<void> {
  for (const { place, unsettled } of archives) {
    const lock = unsettled
      ? await holdDirectory(dirname(place.path), ownerIn(place), { program, waitMs: 0 })
      : undefined;
    try {
      await remove(place);
    } finally {
      lock?.release();
    }
  }
}

/** The catalogue last: what was interrupted is still seen as an archive. */
async function remove(place: ArchivePlace): Promise<void> {
  try {
    for (const file of filesOf(place)) await rm(file, { force: true });
    if (readdirSync(place.path).length === 0) await rmdir(place.path);
  } catch (error) {
    throw fileFailure(place.path, error);
  }
}

function filesOf(place: ArchivePlace): string[] {
  return [...partsOf(place), ...partialsOf(place).map(partialName), `${CATALOGUE}.new`, CATALOGUE].map(
    (name) => join(place.path, name),
  );
}
