import * as z from 'zod';
import { satisfied } from './schema-parts.ts';
import type { writtenSettingsDocument } from './settings.ts';

export const SETTINGS_WRITTEN = z.strictObject({
  file: z.string(),
  written: z.boolean().describe('false where the file had these settings already'),
});
satisfied<typeof writtenSettingsDocument, typeof SETTINGS_WRITTEN>();
