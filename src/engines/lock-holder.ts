/** Who holds a lock, as this process says it of itself and as others read it. */
import { hostname } from 'node:os';
import * as z from 'zod/mini';
import type { MultiFlexiError } from '../errors.ts';
import { processExists } from '../system/index.ts';
import type { LockHolder, LockRequest } from './contract/locks.ts';
import { lockHeld } from './failures.ts';

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
  return lockHeld(request, holder, holder !== undefined && hasEnded(holder));
}

/** Only of this host it can be known. */
function hasEnded({ host, pid }: LockHolder): boolean {
  return pid !== null && host === hostname() && !processExists(pid);
}
