/** Values that an SQLite file does not take as they are. */
import type { BulkValue } from '../contract/rows.ts';
import { jsonDepth } from '../json-limits.ts';

/** `JSON_MAX_DEPTH` of SQLite. */
const DEEPEST_JSON = 1_000;
const INSTANT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;

export function cannotHold(type: string, value: BulkValue): string | null {
  if (typeof value !== 'string') return null;
  if (type === 'datetime')
    return INSTANT.test(value) ? null : 'is an instant before the year 1 or after 9999, or infinity';
  return type === 'json' && jsonDepth(value) > DEEPEST_JSON
    ? `is JSON that is nested deeper than ${DEEPEST_JSON}`
    : null;
}
