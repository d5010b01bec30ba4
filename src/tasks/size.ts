/** How big the database and its tables are, how they grow, and whose growth that is. */
import type { DatabaseSize, UnmeasuredTable } from '../engines/index.ts';
import {
  type Growth,
  measure,
  type OwnerKind,
  type OwnerShares,
  ownerShares,
  readGrowth,
  recordSample,
  sampleOf,
} from '../maintenance/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import type { TaskContext } from './context.ts';

export interface SizeRequest {
  /** Counts rows and pages instead of asking statistics and samples of rows; takes as long as reading them. */
  readonly exact?: boolean | undefined;
  /** Keeps the sizes as a sample, which growth is told by. */
  readonly sample?: boolean | undefined;
  /** Whose jobs and log entries the growth of the last month is. */
  readonly by?: OwnerKind | undefined;
}

export interface SizeReport {
  readonly size: DatabaseSize;
  /** Bytes free on the disk of the database; null where this machine cannot know. */
  readonly diskFree: number | null;
  /** Null where there are no samples. */
  readonly growth: Growth | null;
  /** Null where it was not asked for. */
  readonly shares: OwnerShares | null;
  /** Null where no sample was asked for. */
  readonly sampled: { readonly tables: number; readonly leftOut: readonly UnmeasuredTable[] } | null;
}

/** Writes nothing but the sample that was asked for. @throws NOT_MIGRATED for a sample or shares */
export async function reportSize(context: TaskContext, request: SizeRequest): Promise<SizeReport> {
  const { engine, signal } = context;
  if (request.sample || request.by) await requireMigrated(engine);
  const exact = request.exact ?? false;
  const size = await measure(engine, { exact, signal });
  const diskFree = await engine.freeDisk();
  const now = Date.now();
  const growth = await readGrowth(engine, exact ? null : size, diskFree, now);
  return {
    size,
    diskFree,
    growth,
    shares: request.by ? await ownerShares(engine, request.by, size, now, signal) : null,
    sampled: request.sample ? await keepSample(context, exact ? null : size, diskFree, now) : null,
  };
}

/** @param exact counts the rows instead of asking the engine's statistics */
export function measureSize({ engine, signal }: TaskContext, exact: boolean): Promise<DatabaseSize> {
  return measure(engine, { exact, signal });
}

async function keepSample(
  { engine, fence, signal }: TaskContext,
  size: DatabaseSize | null,
  diskFree: number | null,
  now: number,
) {
  const { samples, leftOut } = sampleOf(size ?? (await engine.sizes('cheap')), diskFree);
  await recordSample(engine, { fence, signal }, samples, now);
  return { tables: samples.length - 1, leftOut };
}
