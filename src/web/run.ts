/** The run in progress, or the one that ended last, as `GET /api/runs/ID` answers it. */
import type { PageContext } from './contract.ts';

export interface Run {
  readonly id: string;
  /** As in the terminal. */
  readonly command: string;
  readonly by: string;
  readonly state: 'running' | 'done' | 'interrupted' | 'time budget' | 'failed';
  readonly stopping: boolean;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly progress: {
    readonly activity: string;
    readonly done: number;
    readonly expected: number;
    readonly unit: 'rows' | 'bytes' | 'tables' | 'percent' | 'checks';
  } | null;
  readonly notices: readonly { readonly at: string; readonly kind: string; readonly text: string }[];
  /** The command's document, when it is over. */
  readonly result?: unknown;
  /** Of a run that only planned: the plan's id; null where it cannot be carried out. */
  readonly plan: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly next: string } | null;
  readonly needs_confirmation: readonly {
    readonly kind: string;
    readonly confirmed_by: string;
    readonly message: string;
  }[];
}

export function runOf({ run }: PageContext): Run | null {
  return run as Run | null;
}
