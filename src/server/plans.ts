/** Plans that somebody has read and may carry out as they are: what is deleted is what was counted. */
import { randomUUID } from 'node:crypto';
import type { PlannedPurge } from '../tasks/index.ts';

const LIFE_MS = 30 * 60_000;
/** A plan of a large database is some kilobytes. */
const MOST = 20;

export interface KeptPlan {
  /** Of what it is one, as in `prune`. */
  readonly command: string;
  readonly planned: PlannedPurge;
  readonly rows: number;
  readonly until: number;
}

export class Plans {
  private readonly plans = new Map<string, KeptPlan>();

  /** @returns its id */
  keep(command: string, planned: PlannedPurge, rows: number): string {
    const id = randomUUID();
    this.plans.set(id, { command, planned, rows, until: Date.now() + LIFE_MS });
    const [oldest] = this.plans.keys();
    if (this.plans.size > MOST && oldest !== undefined) this.plans.delete(oldest);
    return id;
  }

  find(command: string, id: string): KeptPlan | undefined {
    const plan = this.plans.get(id);
    return plan && plan.command === command && plan.until > Date.now() ? plan : undefined;
  }

  /** It is carried out once. */
  drop(id: string): void {
    this.plans.delete(id);
  }
}
