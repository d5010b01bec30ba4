/** The folder in which old files are deleted: nothing may be in it that is not temporary. */
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { codeOf, fileFailure } from '../../system/index.ts';
import { unsafeTemporaryDirectory } from '../failures.ts';
import type { DutyContext } from './duty.ts';

/** Those of all programs. */
const SHARED = ['/tmp', '/var/tmp', '/dev/shm'];

/**
 * @param directory as the settings have it
 * @returns its path without links; undefined where it does not exist
 * @throws SETTINGS_INVALID where deleting old files in it could be a disaster; FILE_FAILED where it cannot be looked at
 */
export function safeDirectory(directory: string, context: DutyContext): string | undefined {
  const refused = (why: string) => unsafeTemporaryDirectory(directory, why);
  if (!isAbsolute(directory)) throw refused('is not an absolute path');
  const real = existing(directory);
  if (real === undefined) return undefined;
  if (!lstatSync(real).isDirectory()) throw refused('is not a directory');
  if (dirname(real) === real) throw refused('is the root of the file system');
  if (SHARED.some((one) => contains(real, realOf(one)))) throw refused('is shared with all other programs');
  if (homes().some((home) => contains(real, home))) throw refused('is or contains a home directory');
  const { engine, archive, settings } = context;
  if (engine.localFiles.some((file) => contains(real, realOf(file)))) throw refused('contains the database');
  if (settings.settingsFile !== undefined && contains(real, realOf(settings.settingsFile)))
    throw refused('contains the file of the settings');
  const archives = archive && realOf(archive.directory);
  if (archives && (contains(real, archives) || contains(archives, real)))
    throw refused('contains archives, or is among them');
  return real;
}

function existing(directory: string): string | undefined {
  try {
    return realpathSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileFailure(directory, error, 'read', 'directory');
  }
}

/** Whether it is that, or is somewhere above it. */
function contains(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory + sep);
}

/** Without links; of what does not exist yet, where it would be. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realOf(above), basename(path));
  }
}

/** Of all accounts that this machine lists, and of this one, wherever it is listed. */
function homes(): readonly string[] {
  const own = [homedir, () => userInfo().homedir].flatMap((home) => {
    try {
      return [home()];
    } catch {
      return [];
    }
  });
  return [...own, ...listedHomes()].filter(isAbsolute).map(realOf);
}

function listedHomes(): readonly string[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':')[5] ?? '');
  } catch {
    return [];
  }
}
