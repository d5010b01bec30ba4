/** The DETAIL of PostgreSQL's errors says what depends, what is referenced, who waits for whom; or whole rows. */

/** In these the detail quotes a value that was sent (class 22), or the row (not null, check). */
const OF_VALUES = /^(?:22|23502|23514)/;

/** @returns one line, without values of rows other than numbers; blank where nothing is left */
export function safeDetail(state: string, detail: string): string {
  if (detail === '' || OF_VALUES.test(state)) return '';
  return detail
    .replace(/\)=\((.*)\)/g, (text, values: string) => (/^[\d, -]*$/.test(values) ? text : ')=(…)'))
    .replace(/\s*\n\s*/g, ' ')
    .trim()
    .replace(/\.$/, '');
}
