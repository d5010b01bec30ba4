/**
 * Plans that somebody has read and may carry out as they are. A plan may know what must be in no address and no answer, as the
 * password of another database: it is in this memory alone, and gone when its time is over.
 */
import { randomUUID } from 'node:crypto';
import type { Answer } from './work/contract.ts';

const LIFE_MS = 30 * 60_000;
/** A plan of a large database is some kilobytes. */
const MOST = 20;

type Input = Readonly<Record<string, unknown>>;

export interface KeptPlan extends NonNullable<Answer['kept']> {
  /** Of what it is one, as in `prune`. */
  readonly command: string;
  /** What was asked. */
  readonly input: Input;
  /** The document, as JSON. */
  readonly text: string;
  /** In milliseconds since the epoch. */
  readonly takenAt: number;
}

export class Plans {
  private readonly plans = new Map<string, KeptPlan>();

  /** @returns its id; null for what cannot be carried out as it is */
  keep(command: string, input: Input, { kept, text }: Answer, takenAt = Date.now()): string | null {
    if (kept === null) return null;
    const id = randomUUID();
    this.plans.set(id, { ...kept, command, input, text, takenAt });
    setTimeout(() => this.drop(id), LIFE_MS).unref();
    const [oldest] = this.plans.keys();
    if (this.plans.size > MOST && oldest !== undefined) this.plans.delete(oldest);
    return id;
  }

  find(command: string, id: string): KeptPlan | undefined {
    const plan = this.plans.get(id);
    return plan?.command === command ? plan : undefined;
  }

  /** It is carried out once. */
  drop(id: string): void {
    this.plans.delete(id);
  }

  /** They are plans of a database that is no longer the one in use. */
  dropAll(): void {
    this.plans.clear();
  }
}
