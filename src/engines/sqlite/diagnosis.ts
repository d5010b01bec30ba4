/** SQLite's result codes in the words of our catalogue. */
import { codeOf } from '../../system/index.ts';
import type { FailureCode } from '../failures.ts';

export function classify(error: unknown): FailureCode {
  const code = codeOf(error);
  if (code === 'SQLITE_NOTADB') return 'NOT_A_DATABASE';
  if (code.startsWith('SQLITE_CANTOPEN')) return 'SERVER_UNREACHABLE';
  if (code.startsWith('SQLITE_READONLY')) return 'READ_ONLY';
  // Beside a file in WAL mode lies a small shared one, which a full disk has no room for.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') return 'DISK_FULL';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'LOCK_TIMEOUT';
  if (code.startsWith('SQLITE_CONSTRAINT') || code === 'SQLITE_TOOBIG') return 'CONSTRAINT';
  if (code === 'SQLITE_PERM' || code === 'SQLITE_AUTH') return 'PERMISSION_DENIED';
  return 'DATABASE_FAILED';
}
