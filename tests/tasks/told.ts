/** A caller without a terminal: what a task told it. */
import type { Engine } from '../../src/engines/index.ts';
import {
  type Confirmation,
  type Consent,
  ConsentNeeded,
  type TaskContext,
  type TaskNotice,
  type TaskProgress,
} from '../../src/tasks/index.ts';

export class Told {
  readonly notices: TaskNotice[] = [];
  readonly progress: TaskProgress[] = [];
  readonly context: TaskContext;

  constructor(engine: Engine) {
    this.context = {
      engine,
      program: 'a test',
      onNotice: (notice) => this.notices.push(notice),
      onProgress: (progress) => this.progress.push(progress),
    };
  }

  kinds(): string[] {
    return this.notices.map(({ kind }) => kind);
  }
}

/** What the task asks for: it must refuse. */
export async function missing(run: Promise<unknown>): Promise<readonly Consent[]> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConsentNeeded)) throw error ?? new Error('it did not ask for consent');
  return error.missing;
}

export function confirmationOf({ kind, confirmedBy }: Consent): Confirmation {
  return { kind, confirmedBy };
}
