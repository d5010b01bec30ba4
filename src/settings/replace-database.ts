/**
 * Replaces the `DB_*` settings of a file, atomically: the new file is written beside it and renamed over it, so that
 * whoever reads it, and whoever looks after a crash, finds the old settings or the new ones.
 */
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isMultiFlexiError } from '../errors.ts';
import { codeOf, fileReason, syncDirectory } from '../system/index.ts';
import type { RawSettings } from './database.ts';
import { withSettings } from './env-text.ts';
import { cannotReplaceSettings, settingsChangedMeanwhile, unreadableSettings } from './failures.ts';

/** A file as it was when its replacement was planned. */
export interface Replacement {
  /** Without symbolic links: these stay, and lead to the new file. */
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** Writes nothing. @throws SETTINGS_INVALID where it could not be carried out, as far as that can be known */
export function planReplacement(file: string, settings: RawSettings): Replacement {
  const path = requireReplaceable(file);
  try {
    const before = readFileSync(path, 'utf8');
    return { file: path, before, after: withSettings(before, settings, file) };
  } catch (error) {
    throw asFailure(file, error);
  }
}

/** As far as that can be known. @returns its path without symbolic links @throws SETTINGS_INVALID */
export function requireReplaceable(file: string): string {
  try {
    const path = realpathSync(file);
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error('it is no ordinary file');
    accessSync(dirname(path), constants.W_OK);
    const own = process.geteuid?.();
    if (own !== undefined && own !== 0 && stat.uid !== own)
      throw new Error('it belongs to another user, and only root could keep that so');
    return path;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw unreadableSettings(file, error);
    throw asFailure(file, error);
  }
}

/** @throws CHANGED_MEANWHILE */
export function requireUnchanged({ file, before }: Replacement): void {
  if (readFileSync(file, 'utf8') !== before) throw settingsChangedMeanwhile(file);
}

/**
 * @param saved the name that the old file has from now on, beside the new one; one that is there already is kept if it is the same. Without
 * a name it is not kept
 * @throws CHANGED_MEANWHILE, SETTINGS_INVALID; then the file is as it was
 */
export async function replaceSettings(replacement: Replacement, saved?: string): Promise<void> {
  const { file, before, after } = replacement;
  const written = join(dirname(file), `.${basename(file)}.new`);
  try {
    requireUnchanged(replacement);
    if (saved !== undefined) keepOld(file, before, saved);
    writeBeside(file, written, after);
    requireUnchanged(replacement);
    renameSync(written, file);
    await syncDirectory(dirname(file));
  } catch (error) {
    rmSync(written, { force: true });
    throw asFailure(file, error);
  }
}

/** A second name for the old file keeps all of it: owner, mode and time. */
function keepOld(file: string, before: string, saved: string): void {
  try {
    linkSync(file, saved);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      if (readFileSync(saved, 'utf8') === before) return;
      throw new Error(`there is another file called ${saved}`);
    }
    // A disk without links, or one whose links of others are refused.
    copyFileSync(file, saved, constants.COPYFILE_EXCL);
  }
}

function writeBeside(file: string, path: string, text: string): void {
  // What a process left that was killed here.
  rmSync(path, { force: true });
  const { uid, gid, mode } = statSync(file);
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    const made = statSync(path);
    // Whoever may not give it to its owner must not replace it.
    if (made.uid !== uid || made.gid !== gid) fchownSync(descriptor, uid, gid);
    fchmodSync(descriptor, mode & 0o7777);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function asFailure(file: string, error: unknown): Error {
  return isMultiFlexiError(error) ? error : cannotReplaceSettings(file, fileReason(error));
}
