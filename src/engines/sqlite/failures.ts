/** What only SQLite can say of a failure: of files, their directories and their disks. */
import { MultiFlexiError } from '../../errors.ts';
import { step } from '../../next-step.ts';

export function noSuchFile(file: string): MultiFlexiError {
  return new MultiFlexiError('DATABASE_MISSING', `There is no database file ${file}.`, {
    next: step`Create it with ${{ action: 'migrate' }}, or correct DB_DATABASE.`,
  });
}

/** A file that cannot be seen is not a missing one. */
export function unseen(file: string, why: string): MultiFlexiError {
  return new MultiFlexiError('SERVER_UNREACHABLE', `Cannot look at the SQLite file at ${file}: ${why}.`, {
    next: 'Check DB_DATABASE, and the permissions of this user on the directories above the file.',
  });
}

export function replaced(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'FILE_FAILED',
    `The SQLite file at ${file} is no longer the one that was opened: somebody has moved, replaced or deleted it.`,
    {
      next: 'What was done until then is in the file that was there before. Run the same command again; it works on the file that is there now. Stop the platform and all commands before a file is replaced.',
    },
  );
}

/** @param path of the file, or of one that SQLite keeps beside it */
export function unreadable(path: string): MultiFlexiError {
  return new MultiFlexiError('SERVER_UNREACHABLE', `This user may not read ${path}.`, {
    next: 'Give the user permission to read it, or run the command as another user.',
  });
}

export function unwritable(file: string, why: string): MultiFlexiError {
  return new MultiFlexiError('READ_ONLY', `The SQLite file at ${file} cannot be written: ${why}.`, {
    next: 'Nothing was changed. Give the user permission to write the file and its directory, or run the command as another user.',
  });
}

/**
 * All who use a file in WAL mode share memory by a file beside it, readers too. SQLite can read without for a file that
 * it is told never changes (`immutable`), which better-sqlite3 has no way to say.
 * Source: https://www.sqlite.org/wal.html#read_only_databases
 */
export function noSharedMemory(file: string, why: string, unwritten: boolean): MultiFlexiError {
  return new MultiFlexiError(
    'SERVER_UNREACHABLE',
    `The SQLite file at ${file} cannot be read: it is in WAL mode, for which SQLite has to create ${file}-shm, and ${why}.`,
    {
      next: unwritten
        ? `Copy the file to a directory that can be written, together with ${file}-wal, which has changes that the file itself lacks; then use the copy.`
        : `Copy the file to a directory that can be written and use the copy. If the file has to be kept where nothing can be written, its owner runs this first: sqlite3 '${file}' 'PRAGMA journal_mode = DELETE'`,
    },
  );
}

/** What an interrupted writer left: whoever opens the file for writing takes it back; who only reads cannot. */
export function hotJournal(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'READ_ONLY',
    `The SQLite file at ${file} cannot be read yet: a process was ended while it was writing, and what it wrote has to be taken back by ${file}-journal first.`,
    {
      next: `Nothing was changed. Open the file once for writing, which takes it back: sqlite3 '${file}' 'PRAGMA schema_version'. Keep the journal beside the file until then.`,
    },
  );
}

/** @param free on the two disks, in words */
export function temporaryDiskFull(
  directory: string,
  free: { readonly there: string; readonly here: string },
): MultiFlexiError {
  return new MultiFlexiError(
    'DISK_FULL',
    `The disk with SQLite's temporary files, ${directory}, is full (${free.there} free now); the disk with the database has ${free.here} free.`,
    {
      next: 'Free some space there, or set SQLITE_TMPDIR to a directory on another disk; then run the same command again.',
    },
  );
}

/** @param mode as digits */
export function foreignLockFile(
  path: string,
  database: string,
  { uid, mode }: { readonly uid: number; readonly mode: string },
): MultiFlexiError {
  return new MultiFlexiError(
    'PERMISSION_DENIED',
    `This user may not write the lock file ${path}, which belongs to user ${uid} and has mode ${mode}.`,
    {
      next: `As its owner or root, give it the permissions of the database: chmod --reference='${database}' '${path}', and the same with chown. An older version of this program created it for one user alone.`,
    },
  );
}

export function strangeLockFile(path: string): MultiFlexiError {
  return new MultiFlexiError('PERMISSION_DENIED', `The lock file ${path} is not a regular file.`, {
    next: 'Find out who put it there, and remove it when no run is in progress.',
  });
}

export function lockFileRefused(path: string, directory: string): MultiFlexiError {
  return new MultiFlexiError(
    'PERMISSION_DENIED',
    `The lock file ${path} cannot be made: this user may not write to the directory ${directory}.`,
    {
      next: 'Give the user permission to write to that directory, which SQLite needs for its journal as well, or run the command as another user.',
    },
  );
}

export function lockFileReadOnly(path: string): MultiFlexiError {
  return new MultiFlexiError(
    'READ_ONLY',
    `The lock file ${path} cannot be made: the disk is mounted read-only.`,
    { next: 'Mount it for writing; commands that only read the database work without.' },
  );
}

/** What copies its WAL to elsewhere (Litestream, for one) reports to nobody. */
export function noReplicas(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'SQLite has no replicas: there is no lag to wait for.', {
    next: step`Leave out ${{ input: 'max-lag' }}.`,
  });
}
