/** Answers of routes that only read: from a snapshot that all share, or from the database. */

import type { Console } from './console.ts';
import { badInput, PLAN_GONE, type Refusal, runIsGoing } from './refusals.ts';
import type { Route } from './routes/contract.ts';
import { routeName } from './routes/contract.ts';
import type { Run } from './runs/run.ts';
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
  if (typeof input.plan === 'string') return keptPlan(console, route, input.plan);
  const { current } = console.runs;
  if (route.readsAll && current) return { kind: 'refused', refusal: goingOn(current) };
  const order = { name: routeName(route), input, kept: null, by, recorded: false };
  const snapshot = await console.snapshots.get(questionOf(route, input), route.freshMs, () =>
    console.laneFor(route).ask(order, route.timeoutMs),
  );
  if (snapshot.kind === 'failure') return snapshot;
  const { answer, takenAt, failure } = snapshot;
  const plan = console.plans.keep(route.command, input, answer, takenAt);
  return { kind: 'document', text: answer.text, takenAt, failure, plan };
}

export function goingOn({ command, by, startedAt }: Run): Refusal {
  return runIsGoing(command, by, startedAt.toISOString());
}

/** As it was made: nothing is asked again. */
function keptPlan(console: Console, { command }: Route, id: string): Reading {
  const kept = console.plans.find(command, id);
  if (!kept) return { kind: 'refused', refusal: PLAN_GONE };
  const { text, takenAt } = kept;
  return { kind: 'document', text, takenAt, failure: null, plan: id };
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
