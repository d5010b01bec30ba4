/** Values that PostgreSQL does not take as they are. Source: https://www.postgresql.org/docs/current/datatype-json.html */
import type { BulkValue } from '../contract/rows.ts';
import { hasHalfCharacter, hasHugeNumber, hasNul, jsonDepth } from '../json-limits.ts';

/** It parses JSON within its stack; far below what that takes. */
const DEEPEST_JSON = 3_000;

export function cannotHold(type: string, value: BulkValue): string | null {
  if (typeof value !== 'string') return null;
  if (type !== 'json')
    return value.includes('\0') ? 'has the character U+0000, which PostgreSQL keeps in no text' : null;
  if (hasNul(value)) return 'has the character U+0000 (\\u0000), which PostgreSQL keeps in no JSON';
  if (hasHalfCharacter(value))
    return 'has half a character (\\ud800 to \\udfff), which PostgreSQL keeps in no JSON';
  if (hasHugeNumber(value, true))
    return 'has a number beyond those with a double precision, which PostgreSQL would write out';
  return jsonDepth(value) > DEEPEST_JSON ? `is JSON that is nested deeper than ${DEEPEST_JSON}` : null;
}
