/** How the housekeeper is: who is at work, what each duty did last, what fails and what is left. Reads a row for each duty. */
import { type LeaseState, readLease } from '../leases/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import { HOUSEKEEPER_LEASE } from '../schema/index.ts';
import type { HousekeeperSettings } from '../settings/index.ts';
import {
  CYCLE,
  type Duty,
  type DutyName,
  type DutyState,
  type Forecast,
  forecastOf,
  readDutyStates,
  type TaskContext,
} from '../tasks/index.ts';
import { isBehind } from './outcome.ts';

export interface DutyStatus {
  readonly duty: DutyName;
  /** The settings leave it out. */
  readonly isSkipped: boolean;
  /** Null where it has never run. */
  readonly last: DutyState | null;
  readonly isBehind: boolean;
  /** Of what it has left; null where nothing is left, or nothing is known. */
  readonly forecast: Forecast | null;
}

export interface HousekeeperStatus {
  /** Null where there has never been a housekeeper. */
  readonly lease: LeaseState | null;
  /** The last cycle; null where there was none. */
  readonly last: DutyState | null;
  /** When the next cycle is due, in milliseconds since the epoch; null before the first. */
  readonly nextAt: number | null;
  readonly problems: readonly Problem[];
  readonly duties: readonly DutyStatus[];
}

/** Whatever a person has to look after. */
export type Problem =
  | { readonly kind: 'never-ran' }
  /** No cycle has ended for much longer than one should take. */
  | { readonly kind: 'overdue'; readonly since: number }
  | {
      readonly kind: 'failing';
      readonly duty: DutyName;
      readonly error: string | null;
      readonly times: number;
    }
  | { readonly kind: 'behind'; readonly duty: DutyName; readonly since: number | null }
  /** Cycles end, but its turn has not come for days: as with a window that no cycle falls into. */
  | { readonly kind: 'left-out'; readonly duty: DutyName; readonly since: number };

/** A duty that deletes has its turn once a day where the window is open for an hour. */
const LEFT_OUT_MS = 2 * 24 * 3_600_000;

/** How many cycles may be missed before that is a problem. */
const MISSED_CYCLES = 3;

/** @throws NOT_MIGRATED */
export async function housekeeperStatus(
  context: TaskContext,
  settings: HousekeeperSettings,
  duties: readonly Duty[],
  now = Date.now(),
): Promise<HousekeeperStatus> {
  await requireMigrated(context.engine);
  const lease = await readLease(context.engine, HOUSEKEEPER_LEASE);
  const states = await readDutyStates(context);
  const found: DutyStatus[] = [];
  for (const { name } of duties) {
    const last = states.get(name) ?? null;
    const isLeft = last !== null && last.outcome !== 'done' && last.backlog !== 0;
    found.push({
      duty: name,
      isSkipped: settings.skipDuties.includes(name),
      last,
      isBehind: last !== null && isBehind(last),
      forecast: isLeft ? await forecastOf(context, name) : null,
    });
  }
  const last = states.get(CYCLE) ?? null;
  const nextAt = last === null ? null : last.endedAt - last.milliseconds + settings.cyclePauseMs;
  return { lease, last, nextAt, problems: problemsOf(last, found, settings, lease, now), duties: found };
}

function problemsOf(
  last: DutyState | null,
  duties: readonly DutyStatus[],
  { cyclePauseMs }: HousekeeperSettings,
  lease: LeaseState | null,
  now: number,
): Problem[] {
  const isAtWork = lease?.held === true;
  if (last === null) return isAtWork ? [] : [{ kind: 'never-ran' }];
  const isOverdue = !isAtWork && now - last.endedAt > MISSED_CYCLES * cyclePauseMs;
  const wanted = duties.filter(({ isSkipped }) => !isSkipped);
  return [
    ...(isOverdue ? [{ kind: 'overdue' as const, since: last.endedAt }] : []),
    ...wanted.flatMap((one) => problemOf(one, last.endedAt)),
  ];
}

function problemOf({ duty, last, isBehind: behind }: DutyStatus, cycleEndedAt: number): Problem[] {
  if (last?.outcome === 'failed') return [{ kind: 'failing', duty, error: last.error, times: last.failures }];
  if (last !== null && cycleEndedAt - last.endedAt > LEFT_OUT_MS)
    return [{ kind: 'left-out', duty, since: last.endedAt }];
  return behind ? [{ kind: 'behind', duty, since: last?.succeededAt ?? null }] : [];
}
