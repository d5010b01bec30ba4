import * as z from 'zod';
import { bytes, count, ERROR, milliseconds, satisfied } from './schema-parts.ts';
import type { plannedReclaimDocument, reclaimDocument, spaceAfterPurge } from './space.ts';

const REMEDIES = z
  .array(
    z.strictObject({
      command: z.string().describe('SQL for the engine, or a command of this program'),
      gives: z.string(),
      lock: z.string().describe('what others wait for meanwhile'),
      needs: z.string(),
      needs_bytes: bytes.nullable().describe('free disk space that it takes'),
      by_reclaim: z.boolean().describe('done by db:reclaim; all others are for a person to decide'),
    }),
  )
  .describe('how to return free space to the disk, mildest first');

const SPACE = z.strictObject({
  freed_inside_bytes: bytes.nullable(),
  returned_to_disk_bytes: bytes,
  reclaimable_bytes: bytes.nullable(),
  estimated: z.boolean(),
  disk_free_bytes: bytes.nullable(),
  how: REMEDIES,
  notes: z.array(z.string()),
});

const RECLAIM = {
  stopped: z.enum(['interrupted', 'time budget', 'another session']).nullable().describe('null at its end'),
  milliseconds,
  slices: count,
  longest_slice_milliseconds: milliseconds,
};

export const PLANNED_RECLAIM = z.strictObject({
  dry_run: z.literal(true),
  reclaimable_bytes: bytes.nullable(),
  estimated: z.boolean(),
  disk_free_bytes: bytes.nullable(),
  how: REMEDIES,
  notes: z.array(z.string()),
});
satisfied<typeof plannedReclaimDocument, typeof PLANNED_RECLAIM>();

export const RECLAIMED = z.strictObject({ dry_run: z.literal(false), ...RECLAIM, space: SPACE });
satisfied<typeof reclaimDocument, typeof RECLAIMED>();

/** The first fields are absent where the space could not be measured. */
export const SPACE_AFTER_PURGE = z.strictObject({
  ...SPACE.partial().shape,
  reclaim: z.strictObject(RECLAIM).nullable().describe('null where none was asked for'),
  error: ERROR.nullable().describe('what kept the space from being measured or given back'),
});
satisfied<typeof spaceAfterPurge, typeof SPACE_AFTER_PURGE>();
