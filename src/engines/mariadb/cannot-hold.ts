/** Values that MariaDB does not take as they are: its JSON is a text that is checked. */
import type { BulkValue } from '../contract/rows.ts';
import { hasHalfCharacter, jsonDepth } from '../json-limits.ts';
import { beyondCalendar } from '../mysql/cannot-hold.ts';

/** `JSON_DEPTH_LIMIT` of MariaDB, less the level of its value. */
const DEEPEST_JSON = 31;

export function cannotHold(type: string, value: BulkValue): string | null {
  if (typeof value !== 'string') return null;
  if (type === 'json' && hasHalfCharacter(value))
    return 'has half a character (\\ud800 to \\udfff), which MariaDB keeps in no JSON';
  if (type === 'json' && jsonDepth(value) > DEEPEST_JSON)
    return `is JSON that is nested deeper than ${DEEPEST_JSON}`;
  return type === 'datetime' ? beyondCalendar(value) : null;
}
