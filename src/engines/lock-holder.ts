/** Who holds a lock, as this process says it of itself and as others read it. */
import { hostname } from 'node:os';
import * as z from 'zod/mini';
import { MultiFlexiError } from '../errors.ts';
import type { LockHolder, LockRequest } from './engine.ts';

const HOLDER = z.object({
  program: z.string(),
  host: z.string(),
  pid: z.nullable(z.number()),
  since: z.nullable(z.string()),
});

export function thisProcess(request: LockRequest): LockHolder {
  return { program: request.program, host: hostname(), pid: process.pid, since: new Date().toISOString() };
}

/** @returns undefined for text that no version of ours wrote. */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    return HOLDER.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The error for a lock that stayed taken for the whole wait. */
export function locked(request: LockRequest, holder: LockHolder | undefined): MultiFlexiError {
  const who = holder
    ? `${holder.program}${holder.pid === null ? '' : ` (process ${holder.pid})`} on ${holder.host}${holder.since ? `, since ${holder.since}` : ''}`
    : 'another session that does not say who it is';
  const waited = request.waitMs > 0 ? ` after waiting ${request.waitMs / 1000} s` : '';
  return new MultiFlexiError(
    'LOCKED',
    `The lock "${request.name}" of this database is held${waited}: ${who}.`,
    {
      next: 'Wait until that run is done, or raise --wait. The lock goes with the process that holds it.',
    },
  );
}
