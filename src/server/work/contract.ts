/** What a thread that works on the database is told, and what it answers: plain data, as it goes from thread to thread. */
import type { ZodType } from 'zod';
import type { NextStepWriter } from '../../documents/index.ts';
import type { Access } from '../../engines/index.ts';
import type { ActionName } from '../../next-step.ts';
import type { SettingsSource } from '../../settings/index.ts';
import type { PlannedPurge, TaskContext, TaskProgress } from '../../tasks/index.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly settings: Pick<SettingsSource, 'file' | 'environment'>;
  /** The terminal's words for what can be done next. */
  readonly words: CommandWords;
}

export interface CommandWords {
  readonly program: string;
  readonly commands: Readonly<Record<ActionName, string>>;
}

/** What the doorkeeper asks; no route leads there. */
export const ADMISSION = 'admission';

export interface Order {
  readonly id: number;
  /** Of a route, as in `POST prune`. */
  readonly name: string;
  readonly input: unknown;
  /** The plan that is carried out. */
  readonly kept: PlannedPurge | null;
  /** Who wants it. */
  readonly by: string;
  /** Whether it belongs into the history, with who wanted it. */
  readonly recorded: boolean;
}

export type ToThread = { readonly order: Order } | { readonly abort: number } | { readonly close: true };

export type FromThread =
  | { readonly id: number; readonly kind: 'progress'; readonly progress: TaskProgress }
  | { readonly id: number; readonly kind: 'notice'; readonly notice: ToldNotice }
  | { readonly id: number; readonly kind: 'done'; readonly answer: Answer }
  | { readonly id: number; readonly kind: 'failed'; readonly failure: WorkFailure };

/** Of what goes on: a word for programs and a sentence for people. */
export interface ToldNotice {
  readonly kind: string;
  readonly text: string;
}

export interface Answer {
  /** The document, as JSON. */
  readonly text: string;
  /** A plan that can be carried out as it is, and how many rows it is of. Null as `planned`: what was asked says it all. */
  readonly kept: { readonly planned: PlannedPurge | null; readonly rows: number } | null;
  readonly ended: Ended;
  /** Where it was done, or which database is the one in use since; null where no database was opened. */
  readonly database: OpenedDatabase | null;
}

export interface OpenedDatabase {
  readonly product: string;
  readonly where: string;
}

export type Ended = 'done' | 'interrupted' | 'time budget';

export interface WorkFailure {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  /** What has to be confirmed first. */
  readonly needsConfirmation: readonly Confirmable[];
}

export interface Confirmable {
  readonly kind: string;
  readonly confirmed_by: string;
  readonly message: string;
}

export interface WorkContext extends TaskContext {
  readonly settings: SettingsSource;
  readonly write: NextStepWriter;
  readonly kept: PlannedPurge | null;
}

export interface Done {
  readonly document: unknown;
  readonly kept?: PlannedPurge;
  /** Of a plan that can be carried out as it is, though nothing of it is kept. */
  readonly rows?: number;
  readonly ended?: Ended;
}

export interface Work {
  /** Null where no database is opened. */
  readonly access: Access | null;
  /** The settings may name another database when it has ended: its end is recorded there. */
  readonly changesDatabase?: true;
  do(context: WorkContext, input: unknown): Promise<Done>;
}

/** Binds what is done to what it takes: whatever comes is parsed by it. */
export function work<Input>(
  access: Access | null,
  input: ZodType<Input>,
  does: (context: WorkContext, input: Input) => Promise<Done>,
): Work {
  return { access, do: (context, raw) => does(context, input.parse(raw)) };
}
