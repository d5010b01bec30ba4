/**
 * Where archives are: a directory with one directory for each run of a purge, named by when it began and whose rows
 * they are, and in it numbered parts (row streams) and, once the run is settled, a catalogue of them.
 */
import { hash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MultiFlexiError } from '../../errors.ts';
import { fileFailure } from '../../file-failure.ts';

const NAME = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;
const PART = /^\d{6}\.rows\.zst$/;
const PARTIAL = '.partial';

export const CATALOGUE = 'archive.json';

/** One run's archive. */
export interface ArchivePlace {
  readonly name: string;
  readonly path: string;
}

/** @param where the database, as its engine says it */
export function newArchive(directory: string, where: string, now: Date): ArchivePlace {
  const instant = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const place = placeOf(directory, `${instant}-${ownerOf(where)}`);
  // Two runs within a second.
  return existsSync(place.path) ? newArchive(directory, where, new Date(now.getTime() + 1_000)) : place;
}

/**
 * Several databases may archive to one directory, each under a lock of its own: what is not one's own may be at work,
 * and its files are not to be opened to find out.
 */
export function isOf({ name }: ArchivePlace, where: string): boolean {
  return name.endsWith(`-${ownerOf(where)}`);
}

function ownerOf(where: string): string {
  return hash('sha256', where, 'hex').slice(0, 6);
}

/** Oldest first; other things in the directory are none of ours. @throws FILE_FAILED */
export function listArchives(directory: string): ArchivePlace[] {
  return read(directory)
    .filter((name) => NAME.test(name))
    .sort()
    .map((name) => placeOf(directory, name));
}

/** @throws UNKNOWN_TARGET */
export function findArchive(directory: string, name: string): ArchivePlace {
  const place = placeOf(directory, name);
  // The name is looked at first: it must not lead out of the directory.
  if (NAME.test(name) && existsSync(place.path)) return place;
  throw new MultiFlexiError('UNKNOWN_TARGET', `There is no archive ${name} in ${directory}.`, {
    next: 'multiflexi-cli archive:list shows those there are; --archive names another directory.',
  });
}

/** Parts that are whole, in the order of their numbers. @throws FILE_FAILED */
export function partsOf({ path }: ArchivePlace): string[] {
  return read(path)
    .filter((name) => PART.test(name))
    .sort();
}

/** Parts that were cut off, or are being written just now, by the names they will have. @throws FILE_FAILED */
export function partialsOf({ path }: ArchivePlace): string[] {
  return read(path)
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

function read(path: string): string[] {
  if (!existsSync(path)) return [];
  try {
    return readdirSync(path);
  } catch (error) {
    throw fileFailure(path, error, 'read');
  }
}
