/**
 * The one catalogue of errors. Every failure that a caller can be told about is a {@link MultiFlexiError} with a code from
 * here, a message that says what happened, and a next step. It is made by a named constructor in the `failures.ts` of its
 * room, and nowhere else; docs/errors.md lists all of them. The exit status is data of the catalogue; only `cli/` acts on it.
 */

import { type NextStep, nextWords } from './next-step.ts';

/** What the process's exit status will be; the terminal's table of exits in docs/cli.md lists them. */
export const EXIT = {
  done: 0,
  failed: 1,
  missingMigration: 2,
  pendingMigrations: 3,
  unreachable: 4,
  refused: 5,
  busy: 6,
  differs: 7,
  usage: 64,
} as const;

const CATALOGUE = {
  SETTINGS_INVALID: { exit: EXIT.usage },
  USAGE: { exit: EXIT.usage },
  UNKNOWN_TARGET: { exit: EXIT.usage },
  SERVER_UNREACHABLE: { exit: EXIT.unreachable },
  LOGIN_REFUSED: { exit: EXIT.unreachable },
  TLS_REFUSED: { exit: EXIT.unreachable },
  DATABASE_MISSING: { exit: EXIT.unreachable },
  CONNECTION_LOST: { exit: EXIT.unreachable },
  WRONG_SERVER: { exit: EXIT.unreachable },
  SERVER_TOO_OLD: { exit: EXIT.refused },
  SESSION_REFUSED: { exit: EXIT.refused },
  SESSION_SHARED: { exit: EXIT.refused },
  NOT_A_DATABASE: { exit: EXIT.unreachable },
  READ_ONLY: { exit: EXIT.failed },
  DISK_FULL: { exit: EXIT.failed },
  PERMISSION_DENIED: { exit: EXIT.failed },
  LOCK_TIMEOUT: { exit: EXIT.failed },
  DEADLOCK: { exit: EXIT.failed },
  CONSTRAINT: { exit: EXIT.failed },
  TOO_LARGE: { exit: EXIT.failed },
  DATABASE_FAILED: { exit: EXIT.failed },
  FOREIGN_DATABASE: { exit: EXIT.refused },
  NOT_MIGRATED: { exit: EXIT.refused },
  NEEDS_CONFIRMATION: { exit: EXIT.refused },
  HAS_JOBS: { exit: EXIT.refused },
  LOCKED: { exit: EXIT.busy },
  LEASE_LOST: { exit: EXIT.busy },
  MIGRATION_FAILED: { exit: EXIT.failed },
  NO_WAY_DOWN: { exit: EXIT.refused },
  BREAKPOINT: { exit: EXIT.refused },
  CHANGED_MEANWHILE: { exit: EXIT.refused },
  CANNOT_BE_SAVED: { exit: EXIT.refused },
  CANNOT_SWITCH: { exit: EXIT.refused },
  CANNOT_BE_LOADED: { exit: EXIT.refused },
  NOT_EMPTY: { exit: EXIT.refused },
  NO_ROOM: { exit: EXIT.refused },
  ROWS_CHANGED: { exit: EXIT.failed },
  ROWS_KEPT: { exit: EXIT.failed },
  PLAN_OUTDATED: { exit: EXIT.refused },
  INDEX_MISSING: { exit: EXIT.refused },
  FILE_FAILED: { exit: EXIT.failed },
  FILE_DAMAGED: { exit: EXIT.differs },
  PASSPHRASE_NEEDED: { exit: EXIT.refused },
  PASSPHRASE_WRONG: { exit: EXIT.refused },
  VERIFICATION_FAILED: { exit: EXIT.differs },
  LEDGER_DAMAGED: { exit: EXIT.differs },
  SCHEMA_UNRECORDED: { exit: EXIT.refused },
  MIGRATION_CHANGED: { exit: EXIT.differs },
  INTERRUPTED: { exit: EXIT.failed },
  DUTY_FAILED: { exit: EXIT.failed },
} as const satisfies Record<string, { readonly exit: number }>;

export type ErrorCode = keyof typeof CATALOGUE;

export const ERROR_CODES = Object.keys(CATALOGUE) as readonly ErrorCode[];

/** What a caller must know of a failure: it travels over HTTP as well as to a terminal. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly next: string;
}

export class MultiFlexiError extends Error {
  readonly code: ErrorCode;
  /** What the reader can do now; only `cli/` and the like have words for the actions in it. */
  readonly nextStep: NextStep;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly next: string | NextStep; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'MultiFlexiError';
    this.code = code;
    this.nextStep = typeof options.next === 'string' ? [options.next] : options.next;
  }

  /** {@link nextStep} as a sentence, without the words of a terminal. */
  get next(): string {
    return nextWords(this.nextStep);
  }

  /** The same failure, for a caller who knows better what can be done next. */
  withNext(next: string | NextStep): MultiFlexiError {
    return new MultiFlexiError(this.code, this.message, { next, cause: this });
  }

  get exit(): number {
    return CATALOGUE[this.code].exit;
  }

  /** @param words of whoever shows it, for what can be done next */
  report(words: (next: NextStep) => string = nextWords): ErrorReport {
    return { code: this.code, message: this.message, next: words(this.nextStep) };
  }
}

/** True for a {@link MultiFlexiError}, of the given code if one is named. */
export function isMultiFlexiError(error: unknown, code?: ErrorCode): error is MultiFlexiError {
  return error instanceof MultiFlexiError && (code === undefined || error.code === code);
}
