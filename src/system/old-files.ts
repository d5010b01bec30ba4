/**
 * Old files of a folder, found and deleted without leaving it. Node has no `openat`: between the look at a file's directory
 * and the deletion there is a moment of some microseconds, in which another process could put a link into the directory's
 * place; then a file of the same name and of our own account could be deleted elsewhere. Only who may write in the folder can.
 */
import { type Dirent, lstatSync, realpathSync, rmdirSync, type Stats, unlinkSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './error-code.ts';
import { fileReason } from './failures.ts';

export interface OldFilesRequest {
  /** Absolute, without links in it. */
  readonly directory: string;
  /** In milliseconds since the epoch: files whose content or state changed since are kept. */
  readonly before: number;
  /** Whether something must stay whatever its age; asked once for each old file and each directory, by its name. */
  readonly isKept: (name: string) => Promise<boolean>;
  /** Entries of the folder that are passed over, as an earlier walk has kept them. */
  readonly skip: number;
  /** True ends the walk. */
  readonly over: () => boolean;
  /** Deletes; otherwise it is only counted what would be deleted. */
  readonly deletes: boolean;
}

export interface OldFiles {
  files: number;
  directories: number;
  /** Of the files that are deleted. */
  bytes: number;
  /** Old files, and directories of any age, that `isKept` has kept. */
  kept: number;
  /** Old ones of other accounts. */
  foreign: number;
  failed: number;
  /** The first few that could not be deleted, with the reason. */
  readonly failures: string[];
  /** Entries that are still there, up to where the walk ended. */
  passed: number;
  ended: boolean;
}

export function noOldFiles(): OldFiles {
  return {
    files: 0,
    directories: 0,
    bytes: 0,
    kept: 0,
    foreign: 0,
    failed: 0,
    failures: [],
    passed: 0,
    ended: false,
  };
}

const MOST_FAILURES = 3;
/** Directories in one another. */
const DEEPEST = 64;
/** Entries that are read without a turn for anybody else. */
const BUFFER = 256;

/** @throws the system's own error where the folder itself cannot be read */
export async function walkOldFiles(request: OldFilesRequest): Promise<OldFiles> {
  const found = noOldFiles();
  const { dev } = lstatSync(request.directory);
  await new Walk(request, found, dev).enter(request.directory, 0);
  return found;
}

class Walk {
  private readonly request: OldFilesRequest;
  private readonly found: OldFiles;
  /** Other disks that are mounted in the folder are no part of it. */
  private readonly disk: number;
  private readonly account = process.geteuid?.();

  constructor(request: OldFilesRequest, found: OldFiles, disk: number) {
    this.request = request;
    this.found = found;
    this.disk = disk;
  }

  /** @returns whether nothing is left in it */
  async enter(directory: string, depth: number): Promise<boolean> {
    let emptied = true;
    // `for await` closes it, however it ends.
    for await (const entry of await opendir(directory, { bufferSize: BUFFER })) {
      if (this.request.over()) {
        this.found.ended = true;
        return false;
      }
      if (await this.isRemoved(directory, entry, depth)) continue;
      if (this.found.ended) return false;
      this.found.passed++;
      emptied = false;
    }
    return emptied;
  }

  private async isRemoved(directory: string, entry: Dirent, depth: number): Promise<boolean> {
    const path = join(directory, entry.name);
    const isSkipped = this.found.passed < this.request.skip;
    // Not looked at again, but what is in a directory may be behind the place.
    if (isSkipped && !entry.isDirectory()) return false;
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return true;
    if (stats.isDirectory()) return this.isDirectoryRemoved(directory, entry.name, stats, depth);
    if (!(stats.isFile() || stats.isSymbolicLink()) || !this.isOld(stats)) return false;
    if (!this.isOurs(stats) || (await this.isKept(entry.name))) return false;
    return this.isGone(directory, path, (bytes) => {
      this.found.files++;
      this.found.bytes += bytes;
    });
  }

  private async isDirectoryRemoved(
    parent: string,
    name: string,
    stats: Stats,
    depth: number,
  ): Promise<boolean> {
    const path = join(parent, name);
    if (stats.dev !== this.disk || depth >= DEEPEST || (await this.isKept(name))) return false;
    // Deleting files in it makes it a young one.
    const old = this.isOld(stats) && stats.uid === this.account;
    const emptied = await this.enter(path, depth + 1).catch((error: unknown) => {
      if (!isOfSystem(error)) throw error;
      if (codeOf(error) !== 'ENOENT') this.fail(path, error);
      return false;
    });
    if (!emptied || !old) return false;
    return this.isGone(parent, path, () => {
      this.found.directories++;
    });
  }

  private isOld({ mtimeMs, ctimeMs }: Stats): boolean {
    return Math.max(mtimeMs, ctimeMs) < this.request.before;
  }

  private isOurs({ uid }: Stats): boolean {
    if (uid === this.account) return true;
    this.found.foreign++;
    return false;
  }

  private async isKept(name: string): Promise<boolean> {
    if (!(await this.request.isKept(name))) return false;
    this.found.kept++;
    return true;
  }

  /** Looks and deletes without a pause, in which anything could happen. */
  private isGone(directory: string, path: string, count: (bytes: number) => void): boolean {
    if (this.request.over()) {
      this.found.ended = true;
      return false;
    }
    try {
      const stats = lstatSync(path);
      if (!stats.isDirectory() && !this.isOld(stats)) return false;
      // A link in the path, also one that was put there since the directory was opened, makes it another one.
      if (realpathSync.native(directory) !== directory) return false;
      if (this.request.deletes) stats.isDirectory() ? rmdirSync(path) : unlinkSync(path);
      count(stats.nlink > 1 ? 0 : stats.size);
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return true;
      // Somebody has just put something into it.
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') this.fail(path, error);
      return false;
    }
  }

  private fail(path: string, error: unknown): void {
    this.found.failed++;
    if (this.found.failures.length < MOST_FAILURES)
      this.found.failures.push(`${JSON.stringify(path)} (${fileReason(error)})`);
  }
}

/** Not what a callback has thrown. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
