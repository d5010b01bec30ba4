/** What can be wrong with an archive and its directory, in words. */
import { MultiFlexiError } from '../../errors.ts';
import { step } from '../../next-step.ts';

export function tableNotMigrated(table: string): MultiFlexiError {
  return new MultiFlexiError('NOT_MIGRATED', `The table ${table} does not exist.`, {
    next: step`Run ${{ action: 'migrate' }}.`,
  });
}

export function noSuchArchive(name: string, directory: string): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no archive ${name} in ${directory}.`, {
    next: step`Run ${{ action: 'archive-list' }} to see the existing archives, or specify another directory with ${{ input: 'archive' }}.`,
  });
}

/** @param holder undefined for one that left no name */
export function archivesInUse(
  directory: string,
  waitMs: number,
  holder:
    | {
        readonly program: string;
        readonly pid: number | null;
        readonly host: string;
        readonly since: string | null;
      }
    | undefined,
): MultiFlexiError {
  const who = holder
    ? `${holder.program} (process ${holder.pid}) on ${holder.host}, since ${holder.since}`
    : 'an unknown process, or the file system refuses locks';
  const waited = waitMs > 0 ? ` after waiting ${waitMs / 1000} s` : '';
  return new MultiFlexiError(
    'LOCKED',
    `The archives of this installation in ${directory} are in use${waited}: ${who}.`,
    {
      next: 'Wait until that run has ended; the lock is released with its process. If it belongs to a clone of this database, give the clone an archive directory of its own.',
    },
  );
}

export function incompleteArchive(name: string): MultiFlexiError {
  return new MultiFlexiError(
    'FILE_DAMAGED',
    `The archive ${name} is incomplete: its run was interrupted or is still running, or it belongs to another installation.`,
    {
      next: 'The next run of its own installation that archives or restores there completes it, or says what prevents that.',
    },
  );
}

export function notACatalogue(file: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The catalogue ${file} is damaged or not from this program.`, {
    next: 'Use another copy of the archive.',
  });
}

export function partReplaced(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'FILE_DAMAGED',
    `The part ${file} is not the one that the catalogue of the archive lists.`,
    {
      next: 'Use another copy of the archive.',
    },
  );
}

export function notAPart(file: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The file ${file} is not part of an archive.`, {
    next: "Move it out of the archive's directory, or use another copy of the archive.",
  });
}
