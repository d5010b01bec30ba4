import * as z from 'zod';
import type { archiveDocument, archivesDocument, findingsDocument, removalDocument } from './archives.ts';
import { bytes, count, id, SOURCE, satisfied, TABLE_ROWS } from './schema-parts.ts';

const LISTED = z.strictObject({
  archive: z.string(),
  state: z
    .enum(['whole', 'unsettled', 'damaged', 'unreadable'])
    .describe('unsettled: its run was interrupted or is running; all further fields are then null or empty'),
  fault: z.string().nullable(),
  created: z.iso.datetime().nullable(),
  source: SOURCE.nullable(),
  command: z.string().nullable(),
  encrypted: z.boolean().nullable(),
  bytes: bytes.nullable(),
  tables: z.array(TABLE_ROWS),
  companies: z.array(
    z.strictObject({
      company_id: id,
      slug: z.string().nullable().describe('null when it did not exist any more'),
      jobs: count,
      oldest: z.string(),
      newest: z.string(),
    }),
  ),
});

export const ARCHIVES = z.strictObject({ directory: z.string(), archives: z.array(LISTED) });
satisfied<typeof archivesDocument, typeof ARCHIVES>();

export const ARCHIVE = z.strictObject({
  ...LISTED.shape,
  parts: z.array(
    z.strictObject({
      file: z.string(),
      bytes,
      sha256: z.string(),
      tables: z.array(z.strictObject({ name: z.string(), rows: count, digest: z.string() })),
    }),
  ),
  unconfirmed: z.array(z.string()).describe('parts whose last rows may still be in the database as well'),
});
satisfied<typeof archiveDocument, typeof ARCHIVE>();

export const FINDINGS = z.strictObject({
  directory: z.string(),
  archives: z.array(
    z.strictObject({
      archive: z.string(),
      source: SOURCE.nullable(),
      rows: count.describe('rows that were read and verified'),
      unsettled: z.boolean(),
      running: z.boolean().describe('a run of its installation is writing to archives there'),
      whole: z.boolean(),
      faults: z.array(z.string()),
    }),
  ),
});
satisfied<typeof findingsDocument, typeof FINDINGS>();

export const REMOVAL = z.strictObject({
  dry_run: z.boolean(),
  removed: z
    .array(
      z.strictObject({
        archive: z.string(),
        bytes,
        jobs: count.nullable().describe('null when its catalogue cannot be read'),
      }),
    )
    .describe('with dry_run, what would be removed'),
});
satisfied<typeof removalDocument, typeof REMOVAL>();
