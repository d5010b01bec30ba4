/** What a task is given by its caller, and what it tells while it works: data, which the caller puts into words. */
import type { Engine } from '../engines/index.ts';
import type { Fence } from '../leases/index.ts';
import type { Loss, MigrationProgress } from '../migrations/index.ts';
import type { Consent } from './consent.ts';

export interface TaskContext {
  /** Open, and closed by whoever opened it. */
  readonly engine: Engine;
  /** What holders of a lock are known by to those who wait for it, and what is written in an archive. */
  readonly program: string;
  /** Asked in each transaction that writes; undefined where no lease has to be held. */
  readonly fence?: Fence | undefined;
  /** Ends the task after the current step. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TaskProgress) => void) | undefined;
  readonly onNotice?: ((notice: TaskNotice) => void) | undefined;
}

export type Activity =
  | 'purging'
  | 'reclaiming'
  | 'analyzing'
  | 'vacuuming'
  | 'rebuilding'
  | 'restoring'
  | 'saving'
  | 'loading'
  | 'checking'
  | 'exporting'
  | 'comparing'
  | 'summing'
  | 'copying'
  | 'verifying';

export interface TaskProgress {
  readonly activity: Activity;
  readonly done: number;
  /** An estimate: more may be done in the end. */
  readonly expected: number;
  readonly unit: 'rows' | 'bytes' | 'tables' | 'percent' | 'checks';
  /** Bytes that were written meanwhile, where that is worth showing. */
  readonly bytes?: number | undefined;
}

/** What somebody should know while the task goes on; nothing of it is a failure. */
export type TaskNotice =
  /** It goes on because this was confirmed. */
  | { readonly kind: 'confirmed'; readonly consent: Consent }
  | { readonly kind: 'connection-lost'; readonly message: string; readonly restMs: number }
  /** The server is one with which nothing was tested. */
  | { readonly kind: 'untested-server'; readonly product: string; readonly remark: string }
  /** Who is waited for while he is more than so far behind. */
  | { readonly kind: 'watches-replicas'; readonly what: string; readonly maxLagMs: number }
  | { readonly kind: 'replica-warning'; readonly text: string }
  | {
      readonly kind: 'waits-for-replica';
      readonly whose: string;
      /** Null where it is not known; then `why` says more. */
      readonly seconds: number | null;
      readonly why: string | null;
      readonly maxLagMs: number;
    }
  /** It goes on without regard to this, as it cannot be seen: said once. */
  | {
      readonly kind: 'unseen';
      readonly what: 'lock-waiters' | 'undo-backlog' | 'foreign-keys';
      /** The end of a sentence, as in `as user x lacks a privilege`. */
      readonly why: string;
      /** The statement that would show it. */
      readonly remedy: string | null;
    }
  /** Sessions wait for a lock of ours: from now on chunks are smaller. Said once. */
  | { readonly kind: 'smaller-chunks'; readonly whose: string; readonly sessions: number }
  | { readonly kind: 'waits-for-lock-waiters'; readonly whose: string; readonly sessions: number }
  /** The server keeps old versions of rows for a reader. */
  | {
      readonly kind: 'waits-for-undo-backlog';
      readonly transactions: number;
      readonly whose: string;
      /** How long that one's transaction is open; null where it is not known; then `why` says more. */
      readonly seconds: number | null;
      readonly why: string | null;
    }
  /** It was waited for long enough, and goes on all the same. */
  | { readonly kind: 'undo-backlog-stays'; readonly waitedMs: number }
  | { readonly kind: 'paused'; readonly by: string }
  /** A table, or null for the whole database, is written anew from now on. */
  | {
      readonly kind: 'rebuilds';
      readonly table: string | null;
      readonly bytes: number;
      /** In milliseconds; null where it is not known. */
      readonly expectedMs: number | null;
    }
  /** Nothing has been done for so long; it waits on. */
  | { readonly kind: 'stalled'; readonly ms: number }
  /** Tables that were not asked for, and are exported as rows of the others refer to theirs. */
  | { readonly kind: 'tables-added'; readonly tables: readonly string[] }
  /** A company's export has accounts that are not of this company alone, with the hashes of their passwords. */
  | { readonly kind: 'accounts-exported'; readonly rows: number }
  /** The history does not have it; why is a sentence. */
  | { readonly kind: 'not-recorded'; readonly why: string }
  /** What a change of the database has come to. */
  | { readonly kind: 'switch'; readonly step: SwitchStep }
  /** A sentence without a full stop, about what stops nothing. */
  | { readonly kind: 'note'; readonly text: string }
  /** A sentence about the directory of archives. */
  | { readonly kind: 'archive'; readonly text: string }
  | { readonly kind: 'migration'; readonly progress: MigrationProgress }
  /** Records of maintenance itself are destroyed, which nobody is asked about. */
  | { readonly kind: 'bookkeeping-lost'; readonly losses: readonly Loss[] }
  | {
      readonly kind: 'losses-saved';
      readonly file: string;
      readonly rows: number;
      readonly direction: 'up' | 'down';
    };

export type SwitchStep =
  /** Of a run that was interrupted, or of a change that is undone. */
  | { readonly step: 'continues'; readonly begun: string }
  /** Another change was begun and never finished: its copy is left as it is. */
  | { readonly step: 'gives-up'; readonly where: string }
  | { readonly step: 'copied'; readonly rows: number; readonly ms: number }
  | { readonly step: 'caught-up'; readonly rows: number; readonly ms: number }
  | { readonly step: 'holds-writers'; readonly expectedMs: number }
  | { readonly step: 'released'; readonly ms: number };
