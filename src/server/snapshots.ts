/**
 * Answers that all who look share: ten browsers ask the database what one does. Whoever asks while somebody else's question is
 * on its way gets that answer; what the database does not answer is shown as it was seen last, and said to be old.
 */
import type { Answer, WorkFailure } from './work/contract.ts';
import type { Outcome } from './work/lane.ts';

export type Snapshot =
  | {
      readonly kind: 'document';
      readonly answer: Answer;
      /** In milliseconds since the epoch. */
      readonly takenAt: number;
      /** Why it is not a fresh one; null where it is. */
      readonly failure: WorkFailure | null;
    }
  | { readonly kind: 'failure'; readonly failure: WorkFailure };

/** Questions that are remembered: pages ask few, but anybody can ask for any job. */
const MOST = 200;
/** So many times its age a new answer is not waited for. */
const SOON = 3;
/** How long something may be shown that could not be asked again, in milliseconds. */
const OLDEST_MS = 24 * 3_600_000;

interface Taken {
  readonly answer: Answer;
  readonly takenAt: number;
  /** How often something had been changed by then. */
  readonly changes: number;
}

export class Snapshots {
  private readonly taken = new Map<string, Taken>();
  private readonly asking = new Map<string, Promise<Snapshot>>();
  private changes = 0;
  /** How often it has become another database. */
  private databases = 0;

  /**
   * What is a little older than it should be is shown at once, while it is asked anew for those who come next.
   * @param freshMs how old an answer may be @param ask asks the database; it never rejects
   */
  async get(question: string, freshMs: number, ask: () => Promise<Outcome>): Promise<Snapshot> {
    const last = this.taken.get(question);
    const age = last?.changes === this.changes ? Date.now() - last.takenAt : Number.POSITIVE_INFINITY;
    if (last && age < freshMs) return documentOf(last, null);
    const asked = this.asking.get(question) ?? this.begin(question, ask);
    return last && age < freshMs * SOON ? documentOf(last, null) : asked;
  }

  private begin(question: string, ask: () => Promise<Outcome>): Promise<Snapshot> {
    const asked = this.ask(question, ask).finally(() => {
      if (this.asking.get(question) === asked) this.asking.delete(question);
    });
    this.asking.set(question, asked);
    return asked;
  }

  /** Something was changed: what is asked from now on is not answered from before. */
  forget(): void {
    this.changes++;
    this.asking.clear();
  }

  /** It is another database from now on: nothing of what was seen is shown any more, not even as old. */
  dropAll(): void {
    this.forget();
    this.databases++;
    this.taken.clear();
  }

  private async ask(question: string, ask: () => Promise<Outcome>): Promise<Snapshot> {
    const { changes, databases } = this;
    const takenAt = Date.now();
    const outcome = await ask();
    if (outcome.kind === 'done') {
      const taken = { answer: outcome.answer, takenAt, changes };
      if (databases === this.databases) this.keep(question, taken);
      return documentOf(taken, null);
    }
    const last = this.taken.get(question);
    const isUsable = last && last.takenAt > takenAt - OLDEST_MS && isPassing(outcome.failure);
    return isUsable ? documentOf(last, outcome.failure) : { kind: 'failure', failure: outcome.failure };
  }

  private keep(question: string, taken: Taken): void {
    this.taken.delete(question);
    this.taken.set(question, taken);
    const [oldest] = this.taken.keys();
    if (this.taken.size > MOST && oldest !== undefined) this.taken.delete(oldest);
  }
}

function documentOf({ answer, takenAt }: Taken, failure: WorkFailure | null): Snapshot {
  return { kind: 'document', answer, takenAt, failure };
}

const PASSING = ['SERVER_UNREACHABLE', 'CONNECTION_LOST', 'TIMED_OUT', 'THREAD_ENDED', 'LOCK_TIMEOUT'];

/** Whether the database is as it was, as far as anybody knows. */
function isPassing({ code }: WorkFailure): boolean {
  return PASSING.includes(code);
}
