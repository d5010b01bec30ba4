import * as z from 'zod';
import type { sampleDocument } from './sample.ts';
import { milliseconds, satisfied, TABLE_ROWS } from './schema-parts.ts';

export const SAMPLE = z.strictObject({ milliseconds, tables: z.array(TABLE_ROWS) });
satisfied<typeof sampleDocument, typeof SAMPLE>();
