/** Where archives are kept, and with which passphrase: `ARCHIVE_*` of the source that the database's settings are from. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileReason } from '../system/index.ts';
import {
  controlCharacterInPassphrase,
  passphraseNotUtf8,
  shortPassphrase,
  unusableArchiveSetting,
  unusablePassphrase,
} from './failures.ts';
import { archiveFaultsOfEnvironment, faultsOfFile } from './names.ts';
import { nearest, settingsFile } from './nearest.ts';
import { pathFault } from './paths.ts';
import type { SettingsSource } from './read.ts';

export interface ArchiveSettings {
  readonly directory: string | undefined;
  readonly passphraseFile: string | undefined;
}

/** A name in the environment wins, as it is nearer to who calls. @throws SETTINGS_INVALID */
export function readArchiveSettings(from: SettingsSource): ArchiveSettings {
  const { environment } = from;
  const settings = settingsFile(from);
  const [stray] = [
    ...faultsOfFile(settings).filter((fault) => fault.startsWith('ARCHIVE_')),
    ...archiveFaultsOfEnvironment(environment),
  ];
  if (stray !== undefined) throw unusableArchiveSetting(stray);
  const of = (name: 'ARCHIVE_DIR' | 'ARCHIVE_PASSPHRASE_FILE') => {
    const value = nearest(name, environment, settings);
    if (value === undefined) return undefined;
    if (/\p{Cc}/u.test(value)) throw unusableArchiveSetting(`${name} contains a control character`);
    const fault = pathFault(value, environment.HOME || undefined);
    if (fault !== undefined) throw unusableArchiveSetting(`${name} ${fault}`);
    return resolve(value);
  };
  return { directory: of('ARCHIVE_DIR'), passphraseFile: of('ARCHIVE_PASSPHRASE_FILE') };
}

const SHORTEST = 8;
const LARGEST_FILE = 64 * 1024;
const OTHERS = 0o007;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The first line of the file, without its end (LF or CRLF) and without a byte order mark before it.
 * @throws SETTINGS_INVALID, also where others may read the file, and where other bytes could mean the same text
 */
export function readPassphrase(file: string): string {
  let bytes: Buffer;
  try {
    const { size, mode } = statSync(file);
    if (size > LARGEST_FILE) throw new Error('it is too large to be one');
    if ((mode & OTHERS) !== 0) throw new Error('others may read it (chmod 600)');
    bytes = readFileSync(file);
  } catch (error) {
    throw unusablePassphrase(file, fileReason(error));
  }
  const line = textOf(firstLine(bytes), file);
  if (/\p{Cc}/u.test(line)) throw controlCharacterInPassphrase(file);
  if ([...line.trim()].length < SHORTEST) throw shortPassphrase(file, SHORTEST);
  return line;
}

function firstLine(bytes: Buffer): Buffer {
  const start = bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const end = bytes.indexOf(0x0a, start);
  const line = bytes.subarray(start, end === -1 ? undefined : end);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}

/** Invalid bytes would all be read as one and the same character: any file of as many of them would be the same key. */
function textOf(line: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    throw passphraseNotUtf8(file);
  }
}
