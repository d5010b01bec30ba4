/** An instant of the database as a number to compare with, whatever it may be. */

/**
 * In milliseconds since the epoch, without what is below; infinite for what no Date can be: years before Christ, years of
 * more than four digits, `infinity`, and the year 0 of some servers' zero dates.
 */
export function instantMs(text: string): number {
  const parsed = Date.parse(`${text.slice(0, 23).replace(' ', 'T')}Z`);
  if (!text.endsWith('BC') && /^\d{4}-/.test(text)) return Number.isNaN(parsed) ? -Infinity : parsed;
  return text.endsWith('BC') || text.startsWith('-') ? -Infinity : Infinity;
}
