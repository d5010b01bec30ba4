/** One run: what is known of it while it goes on, and what has come of it. */

import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { TaskProgress } from '../../tasks/index.ts';
import type { Route } from '../routes/contract.ts';
import type { Confirmable, ToldNotice } from '../work/contract.ts';
import type { Outcome } from '../work/lane.ts';
import type { RunDocument } from './run.schema.ts';

/** The newest notices are kept: a long run tells many. */
const MOST_NOTICES = 100;

export class Run {
  readonly id = randomUUID();
  readonly command: string;
  readonly by: string;
  /** The settings may name another database when it has ended. */
  readonly changesDatabase: boolean;
  readonly startedAt = new Date();
  readonly ending = new AbortController();
  private readonly changed = new EventEmitter().setMaxListeners(0);
  private endedAt: Date | null = null;
  private state: RunDocument['state'] = 'running';
  private progress: TaskProgress | null = null;
  private notices: (ToldNotice & { at: string })[] = [];
  private result: unknown = null;
  private plan: string | null = null;
  private error: RunDocument['error'] = null;
  private needsConfirmation: readonly Confirmable[] = [];

  constructor({ command, changesDatabase = false }: Route, by: string, dry: boolean) {
    this.command = command;
    this.by = by;
    this.changesDatabase = changesDatabase && !dry;
  }

  get isOver(): boolean {
    return this.state !== 'running';
  }

  told(notice: ToldNotice): void {
    this.notices = [...this.notices, { ...notice, at: new Date().toISOString() }].slice(-MOST_NOTICES);
    this.changed.emit('change');
  }

  progressed(progress: TaskProgress): void {
    this.progress = progress;
    this.changed.emit('change');
  }

  /** @param plan the id of the plan that has come of it */
  ended(outcome: Outcome, plan: string | null): void {
    this.endedAt = new Date();
    this.plan = plan;
    if (outcome.kind === 'done') {
      this.state = outcome.answer.ended;
      this.result = JSON.parse(outcome.answer.text);
    } else {
      const { code, message, next, needsConfirmation } = outcome.failure;
      this.state = code === 'INTERRUPTED' ? 'interrupted' : 'failed';
      this.error = { code, message, next };
      this.needsConfirmation = needsConfirmation;
    }
    this.changed.emit('change');
  }

  /** Told after each change until it is called. */
  onChange(listener: () => void): () => void {
    this.changed.on('change', listener);
    return () => this.changed.off('change', listener);
  }

  document(): RunDocument {
    return {
      id: this.id,
      command: this.command,
      by: this.by,
      state: this.state,
      stopping: !this.isOver && this.ending.signal.aborted,
      started_at: this.startedAt.toISOString(),
      ended_at: this.endedAt?.toISOString() ?? null,
      progress: this.progress && {
        activity: this.progress.activity,
        done: this.progress.done,
        expected: this.progress.expected,
        unit: this.progress.unit,
      },
      notices: this.notices.map(({ at, kind, text }) => ({ at, kind, text })),
      result: this.result,
      plan: this.plan,
      error: this.error,
      needs_confirmation: this.needsConfirmation.map((one) => ({ ...one })),
    };
  }
}
