/** Answers of routes that only read: from a snapshot that all share, or from the database. */

import type { Console } from './console.ts';
import { badInput, type Refusal } from './refusals.ts';
import type { Route } from './routes/contract.ts';
import { routeName } from './routes/contract.ts';
import type { WorkFailure } from './work/contract.ts';

export type Reading =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'failure'; readonly failure: WorkFailure }
  | {
      readonly kind: 'document';
      readonly text: string;
      readonly takenAt: number;
      /** Why it is old; null where it is not. */
      readonly failure: WorkFailure | null;
      /** By which it can be carried out as it is; null where it cannot. */
      readonly plan: string | null;
    };

/** @param input as it came: it is checked here */
export async function read(
  console: Console,
  route: Route,
  input: Readonly<Record<string, unknown>>,
  by: string,
): Promise<Reading> {
  const refusal = faultsIn(route, input);
  if (refusal) return { kind: 'refused', refusal };
  const order = { name: routeName(route), input, kept: null, by, recorded: false };
  const snapshot = await console.snapshots.get(questionOf(route, input), route.freshMs, () =>
    console.laneFor(route).ask(order, route.timeoutMs),
  );
  if (snapshot.kind === 'failure') return snapshot;
  const { text, kept } = snapshot.answer;
  const plan = kept && console.plans.keep(route.command, kept.planned, kept.rows);
  return { kind: 'document', text, takenAt: snapshot.takenAt, failure: snapshot.failure, plan };
}

/** @returns undefined where there are none */
export function faultsIn(route: Route, input: Readonly<Record<string, unknown>>): Refusal | undefined {
  const parsed = route.input.safeParse(input);
  if (parsed.success) return undefined;
  return badInput(
    parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    ),
  );
}

function questionOf(route: Route, input: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(input).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${routeName(route)} ${JSON.stringify(entries)}`;
}
