/**
 * Where archives are: a directory with one directory for each run of a purge, named by when it began and by its
 * installation, and in it numbered parts (row streams) and, once the run is finished, a catalogue of them.
 */

import { hash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, fileFailure, newPrivateDirectory, presence } from '../../system/index.ts';
import { noSuchArchive } from './failures.ts';

/** Archives that know no installation have six digits, of their database's address. */
const NAME = /^\d{8}T\d{6}Z-([0-9a-f]{12}|[0-9a-f]{6})$/;
const PART = /^\d{6}\.rows\.zst$/;
const PARTIAL = '.partial';
const OWNER_DIGITS = 12;
const OWNER_DIGITS_BY_ADDRESS = 6;

export const CATALOGUE = 'archive.json';

/** One run's archive. */
export interface ArchivePlace {
  readonly name: string;
  readonly path: string;
}

/** Makes its directory, which nobody else has made. @throws FILE_FAILED */
export function makeArchive(directory: string, owner: string, now: Date): ArchivePlace {
  const instant = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const place = placeOf(directory, `${instant}-${owner}`);
  try {
    newPrivateDirectory(place.path);
    return place;
  } catch (error) {
    // Two runs within a second.
    if (codeOf(error) === 'EEXIST') return makeArchive(directory, owner, new Date(now.getTime() + 1_000));
    throw fileFailure(place.path, error, 'write', 'directory');
  }
}

/** What the names of an installation's archives end in, and its lock in the directory is called by. */
export function ownerOf(installation: string): string {
  return hash('sha256', installation, 'hex').slice(0, OWNER_DIGITS);
}

/** What the name of an archive says of whose it is. */
export function ownerIn({ name }: ArchivePlace): string {
  return name.slice(name.lastIndexOf('-') + 1);
}

/**
 * Several installations may archive to one directory: what is not one's own may be being written, and its files are not
 * to be opened to find out. Those that know no installation go by their database's address; their header says more.
 */
export function mayBeOf(place: ArchivePlace, installation: string, where: string): boolean {
  const byAddress = hash('sha256', where, 'hex').slice(0, OWNER_DIGITS_BY_ADDRESS);
  return ownerIn(place) === ownerOf(installation) || ownerIn(place) === byAddress;
}

/** Oldest first; other things in the directory are none of ours. @throws FILE_FAILED, also where there is no directory */
export function listArchives(directory: string): ArchivePlace[] {
  return namesIn(directory)
    .filter((name) => NAME.test(name))
    .sort()
    .map((name) => placeOf(directory, name));
}

/** @throws UNKNOWN_TARGET; FILE_FAILED where there is no directory */
export function findArchive(directory: string, name: string): ArchivePlace {
  const found = listArchives(directory).find((place) => place.name === name);
  if (found) return found;
  throw noSuchArchive(name, directory);
}

/** Complete parts, in the order of their numbers. @throws FILE_FAILED */
export function partsOf({ path }: ArchivePlace): string[] {
  return namesIn(path)
    .filter((name) => PART.test(name))
    .sort();
}

/** Parts that were interrupted, or are being written just now, by the names they will have. @throws FILE_FAILED */
export function partialsOf({ path }: ArchivePlace): string[] {
  return namesIn(path)
    .filter((name) => name.endsWith(PARTIAL) && PART.test(name.slice(0, -PARTIAL.length)))
    .map((name) => name.slice(0, -PARTIAL.length))
    .sort();
}

export function partialName(part: string): string {
  return `${part}${PARTIAL}`;
}

export function partName(number: number): string {
  return `${String(number).padStart(6, '0')}.rows.zst`;
}

function placeOf(directory: string, name: string): ArchivePlace {
  return { name, path: join(directory, name) };
}

function namesIn(path: string): string[] {
  try {
    if (!presence(path)) throw new Error('it does not exist');
    return readdirSync(path);
  } catch (error) {
    throw fileFailure(path, error, 'read', 'directory');
  }
}
