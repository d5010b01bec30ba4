/** Values that MySQL, or MySQL and MariaDB, do not take as they are. */
import type { BulkValue } from '../contract/rows.ts';
import { hasHalfCharacter, hasHugeNumber, jsonDepth } from '../json-limits.ts';

/** Source: https://dev.mysql.com/doc/refman/8.4/en/json.html */
const DEEPEST_JSON = 100;
const INSTANT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;

export function cannotHold(type: string, value: BulkValue): string | null {
  if (typeof value !== 'string') return null;
  if (type === 'json') {
    if (hasHalfCharacter(value))
      return 'has half a character (\\ud800 to \\udfff), which MySQL keeps in no JSON';
    if (hasHugeNumber(value))
      return 'has a number beyond those with a double precision, which MySQL keeps in no JSON';
    if (jsonDepth(value) > DEEPEST_JSON) return `is JSON that is nested deeper than ${DEEPEST_JSON}`;
  }
  return type === 'datetime' ? beyondCalendar(value) : null;
}

export function beyondCalendar(instant: string): string | null {
  return INSTANT.test(instant) ? null : 'is an instant before the year 1 or after 9999, or infinity';
}
