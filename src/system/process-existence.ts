import { codeOf } from './error-code.ts';

/** Whether a process of this host is running. Its number says nothing of which one: numbers are used again. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but is there.
    return codeOf(error) === 'EPERM';
  }
}
