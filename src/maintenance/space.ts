/** What a purge or a reclaim did to the space that the database takes; measured before and after, without reading rows. */
import type { SpaceRemedy, SpaceUse, Upkeep } from '../engines/index.ts';

/** The tables that grow, and that purges make smaller. */
export const GROWING_TABLES: readonly string[] = ['job', 'artifacts', 'logger'];

export interface SpaceReport {
  /** Bytes that became free inside; null where the engine does not know. */
  readonly freedInside: number | null;
  /** Bytes that went back to the disk. */
  readonly returnedToDisk: number;
  /** Bytes that are free inside now, whoever freed them. */
  readonly reclaimable: number | null;
  /** Whether what is free is an estimate, which lags behind. */
  readonly estimated: boolean;
  /** How to get it, mildest first. */
  readonly how: readonly SpaceRemedy[];
  readonly notes: readonly string[];
  /** Bytes free on the database's disk; null where this machine cannot know. */
  readonly diskFree: number | null;
}

/** Reads only, and no more than sizes and statistics. */
export async function measureSpace(
  engine: Upkeep,
  tables: readonly string[] = GROWING_TABLES,
): Promise<SpaceUse> {
  return engine.space(tables);
}

/**
 * @param before as it was before the purge, and `purged` behind it
 * @param now as it is at the end: behind a reclaim, if there was one
 */
export async function compareSpace(
  engine: Upkeep,
  before: SpaceUse,
  purged: SpaceUse,
  now: SpaceUse,
): Promise<SpaceReport> {
  return {
    freedInside: grown(before.freeBytes, purged.freeBytes),
    // The platform keeps writing: a file that has grown gave nothing back.
    returnedToDisk: grown(now.diskBytes, before.diskBytes) ?? 0,
    reclaimable: now.freeBytes,
    estimated: now.estimated,
    how: now.remedies,
    notes: now.notes,
    diskFree: await engine.freeDisk(),
  };
}

function grown(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.max(0, to - from);
}
