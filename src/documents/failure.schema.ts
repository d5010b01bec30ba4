import * as z from 'zod';
import type { failureDocument } from './failure.ts';
import { ERROR, satisfied } from './schema-parts.ts';

export const FAILURE = z.strictObject({ error: ERROR });
satisfied<typeof failureDocument, typeof FAILURE>();
