/** Writing tables anew, so that their free space goes back to the disk. It never deletes a row. */
import { type ExclusiveLock, exclusiveLock, fencedTransaction } from '../leases/index.ts';
import {
  type PlannedRebuild,
  planRebuilds,
  type RebuildLimits,
  type RebuildPlan,
} from '../maintenance/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import { PURGE_LOCK } from '../schema/index.ts';
import { bytes } from '../written-numbers.ts';
import { chosenTables } from './chosen-tables.ts';
import { requireConfirmed } from './confirmation.ts';
import { type Confirmed, type Consent, tokenOf } from './consent.ts';
import type { TaskContext } from './context.ts';
import { cannotBeRebuilt, clusterWouldWait, noRoomToRebuild } from './failures.ts';
import { beginRebuild, endRebuild, lastRebuilds } from './history/rebuilds.ts';

export const REBUILD_LIMITS: RebuildLimits = { minShare: 0.2, minBytes: 64 * 1024 * 1024 };

export interface OptimizeRequest {
  /** Whether it is worth it or not; undefined for those of ours that are worth it. */
  readonly tables?: readonly string[] | undefined;
  readonly limits: RebuildLimits;
}

export interface OptimizeRun extends OptimizeRequest {
  readonly confirmed: Confirmed;
  /** How long a purge or another rebuild is waited for. */
  readonly waitMs: number;
  /** How long each table is waited for, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** Even where a whole cluster stands still meanwhile. */
  readonly toi?: boolean | undefined;
  /** Told before anything is done. */
  readonly onPlan?: ((plan: OptimizePlan) => void) | undefined;
}

export interface OptimizePlan extends RebuildPlan {
  /** What it is that would be rebuilt. */
  readonly where: string;
  readonly consents: readonly Consent[];
}

export interface RebuiltTable {
  /** Null for the whole database. */
  readonly table: string | null;
  readonly before: number;
  readonly after: number;
  readonly milliseconds: number;
}

export interface OptimizeOutcome {
  readonly plan: OptimizePlan;
  readonly rebuilt: readonly RebuiltTable[];
}

/** What is written behind a rebuild waits for others no longer than this: a signal leaves so much time. */
const LAST_WORD_MS = 1_000;

/** @throws NOT_MIGRATED, UNKNOWN_TARGET */
export async function planOptimize(
  { engine }: TaskContext,
  { tables: names, limits }: OptimizeRequest,
): Promise<OptimizePlan> {
  await requireMigrated(engine);
  const tables = await chosenTables(engine, names);
  const last = await lastRebuilds(engine, [null, ...tables]);
  const plan = await planRebuilds(engine, { tables, named: names !== undefined, limits, last });
  return { ...plan, where: engine.where, consents: consentsOf(plan, engine.where) };
}

/**
 * Interrupted, it leaves the table at hand as it was; those before it are done.
 * @throws ConsentNeeded, NEEDS_CONFIRMATION, NO_ROOM, LOCK_TIMEOUT, LOCKED, PERMISSION_DENIED, INTERRUPTED, UNKNOWN_TARGET
 */
export async function runOptimize(context: TaskContext, request: OptimizeRun): Promise<OptimizeOutcome> {
  const { engine, program, signal } = context;
  await requireMigrated(engine);
  const { confirmed, waitMs } = request;
  const lock = await exclusiveLock(engine, { name: PURGE_LOCK, program, waitMs, signal });
  try {
    const plan = await planOptimize(context, request);
    const chosen = plan.tables.filter((table) => table.chosen);
    requirePossible(plan, chosen, request);
    request.onPlan?.(plan);
    requireConfirmed(plan.consents, confirmed, context, 'Nothing was rebuilt.');
    const rebuilt: RebuiltTable[] = [];
    for (const table of chosen) rebuilt.push(await rebuildOne(context, lock, table, request));
    return { plan, rebuilt };
  } finally {
    await lock.release();
  }
}

function consentsOf({ offer, tables }: RebuildPlan, where: string): Consent[] {
  const chosen = tables.filter((table) => table.chosen);
  if (offer.blocks === null || chosen.length === 0) return [];
  const names = chosen.flatMap(({ table }) => (table === null ? [] : [table])).sort();
  const known = chosen.flatMap(({ milliseconds }) => (milliseconds === null ? [] : [milliseconds]));
  return [
    {
      kind: 'rebuild',
      tables: names,
      blocks: offer.blocks,
      milliseconds: known.length < chosen.length ? null : known.reduce((sum, one) => sum + one, 0),
      confirmedBy: tokenOf([where, offer.method, names]),
    },
  ];
}

/** @throws NEEDS_CONFIRMATION, NO_ROOM, PERMISSION_DENIED */
function requirePossible(
  { offer, tables }: RebuildPlan,
  chosen: readonly PlannedRebuild[],
  { tables: names, toi }: OptimizeRun,
): void {
  const kept = names === undefined ? undefined : tables.find(({ obstacle }) => obstacle !== null);
  if (kept?.obstacle) throw cannotBeRebuilt(kept.table ?? 'The database', kept.obstacle);
  if (chosen.length === 0) return;
  if (offer.cluster !== null && !toi) throw clusterWouldWait(offer.cluster);
  for (const { table, needs } of chosen)
    for (const { disk, bytes: needed, free } of needs)
      if (free !== null && free < needed)
        throw noRoomToRebuild(table === null ? 'the database' : `table ${table}`, {
          ...{ disk, needs: bytes(needed), free: bytes(free) },
        });
}

async function rebuildOne(
  context: TaskContext,
  lock: ExclusiveLock,
  planned: PlannedRebuild,
  { lockTimeoutMs }: OptimizeRun,
): Promise<RebuiltTable> {
  const { engine, onNotice } = context;
  const { table, bytes: before, milliseconds: expectedMs } = planned;
  const signals = [context.signal, lock.signal, lock.fence?.signal].filter((one) => one !== undefined);
  const signal = AbortSignal.any(signals);
  const { fence } = lock;
  signal.throwIfAborted();
  onNotice?.({ kind: 'rebuilds', table, bytes: before, expectedMs });
  // Where the database is one file, whoever holds it keeps the history from being written as well.
  const run = await beginRebuild(engine, table, { signal, fence, patienceMs: lockTimeoutMs });
  const lastWord = { patienceMs: LAST_WORD_MS, fence };
  try {
    if (fence) await fencedTransaction(engine, { fence, signal }, async () => {});
    const started = performance.now();
    const onStatement = progressTeller(context, planned, started);
    onStatement({ share: null });
    await engine.rebuild({ table, db: lock.kysely(), signal, lockTimeoutMs, onStatement });
    const milliseconds = Math.round(performance.now() - started);
    const [cost] = (await engine.rebuilds(table === null ? [] : [table])).costs;
    const after = cost?.bytes ?? before;
    const floor = cost?.floor ?? null;
    await endRebuild(engine, run, 'done', { before, after, floor, milliseconds }, lastWord);
    return { table, before, after, milliseconds };
  } catch (error) {
    const outcome = signal.aborted ? 'interrupted' : 'failed';
    // Whatever ended it is what is told.
    await endRebuild(engine, run, outcome, undefined, lastWord).catch(() => {});
    throw error;
  }
}

/** Where the server does not say how far it is, the time tells, at the pace of the last rebuilds. */
function progressTeller(
  { onProgress }: TaskContext,
  { bytes: expected, milliseconds }: PlannedRebuild,
  started: number,
): (progress: { readonly share: number | null }) => void {
  let furthest = 0;
  return ({ share }) => {
    const byTime = milliseconds ? Math.min(0.99, (performance.now() - started) / milliseconds) : 0;
    furthest = Math.max(furthest, share ?? byTime);
    onProgress?.({ activity: 'rebuilding', done: furthest * expected, expected, unit: 'bytes' });
  };
}
