import * as z from 'zod';
import type { consoleDocument } from './console.ts';
import { satisfied } from './schema-parts.ts';

export const CONSOLE = z.strictObject({ url: z.url().describe('with a token that is good for one login') });
satisfied<typeof consoleDocument, typeof CONSOLE>();
