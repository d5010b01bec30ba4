/** What a console is started with, and who is in front of it. */
import type { SettingsSource } from '../settings/index.ts';
import type { Scope } from '../web/index.ts';
import type { CommandWords } from './work/contract.ts';

export interface ConsoleOptions {
  readonly settings: Pick<SettingsSource, 'file' | 'environment'>;
  readonly words: CommandWords;
  readonly listen: Listen;
  readonly access: AccessMode;
  /** Ends after so long without a request, in milliseconds; undefined for never. */
  readonly idleMs?: number | undefined;
  readonly log: ConsoleLog;
  /** For tests: shorter than anybody's patience. */
  readonly limits?: Partial<HttpLimits> | undefined;
}

export type Listen =
  /** On the loopback interface; 0 for a free port. */
  | { readonly port: number }
  /** A socket that is open already. */
  | { readonly fd: number };

export type AccessMode =
  /** Whoever has started it, by an address that is good for one login. */
  | { readonly kind: 'own'; readonly name: string; readonly scope: Scope }
  /** Whoever has a token; under these origins alone, as in `https://console.example.org`. */
  | { readonly kind: 'service'; readonly origins: readonly string[] };

export interface HttpLimits {
  /** For all of a request to arrive, in milliseconds. */
  readonly requestMs: number;
  /** For its head, in milliseconds. */
  readonly headMs: number;
  readonly bodyBytes: number;
  /** How long a token that was valid is taken for valid, in milliseconds: who is revoked is out after that. */
  readonly trustMs: number;
  /** The shortest and the longest rest after a login that has failed, in milliseconds. */
  readonly loginRestMs: readonly [least: number, most: number];
}

export interface ConsoleLog {
  info(facts: Readonly<Record<string, unknown>>, text: string): void;
  warn(facts: Readonly<Record<string, unknown>>, text: string): void;
  error(facts: Readonly<Record<string, unknown>>, text: string): void;
}

export interface Person {
  readonly name: string;
  readonly scope: Scope;
}

export interface RunningConsole {
  /** What to open; with a token that is good for one login where it is one's own console. */
  readonly url: string;
  /** The port that it listens on; null for a socket that is none. */
  readonly port: number | null;
  /** Resolves when it has ended by itself. */
  readonly idle: Promise<void>;
  /** Tells a run to end after the current step, and waits for that. @param patienceMs how long */
  close(patienceMs: number): Promise<void>;
}
