/** Removes archives: what they hold is gone then. Only files of ours go; a directory with others in it stays. */
import { readdirSync, statSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMultiFlexiError } from '../../errors.ts';
import { fileFailure } from '../../file-failure.ts';
import { readCatalogue } from './catalogue.ts';
import { type ArchivePlace, CATALOGUE, partialName, partialsOf, partsOf } from './directory.ts';

export interface RemovalPlan {
  readonly archives: readonly {
    readonly place: ArchivePlace;
    readonly bytes: number;
    /** Null when its catalogue cannot be read. */
    readonly jobs: number | null;
    /** Its run was cut off or is at work. */
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
    return { jobs: null, unsettled: false };
  }
}

/** The catalogue last: what was cut off is still seen as an archive. @throws FILE_FAILED */
export async function applyRemoval({ archives }: RemovalPlan): Promise<void> {
  for (const { place } of archives) {
    try {
      for (const file of filesOf(place)) await rm(file, { force: true });
      if (readdirSync(place.path).length === 0) await rmdir(place.path);
    } catch (error) {
      throw fileFailure(place.path, error);
    }
  }
}

function filesOf(place: ArchivePlace): string[] {
  return [...partsOf(place), ...partialsOf(place).map(partialName), `${CATALOGUE}.new`, CATALOGUE].map(
    (name) => join(place.path, name),
  );
}
