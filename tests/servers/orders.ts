import type { Command } from './contract.ts';

/** What the supervisor is told, one line of JSON each: to start a process, when no other is running. */
export interface Order {
  readonly start: Command;
}

/** What the supervisor tells, one line of JSON each. */
export type Notice =
  /** First of all: the folders that it made. */
  | { readonly directory: string; readonly sockets: string }
  /** A process started. */
  | { readonly pid: number }
  /** It ended: its exit code, the signal that ended it, or why it never started. */
  | { readonly ended: string };

/** A socket's path fits into 104 bytes on some systems, 108 on Linux. */
export const socketPathLimit = 104;
