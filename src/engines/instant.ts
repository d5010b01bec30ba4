/** Instants in the form of the engines' contract: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
export function utc(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ')}000`;
}

export function nowUtc(): string {
  return utc(Date.now());
}

/** An instant as any engine has it: in that form, or in what PostgreSQL writes for those that do not fit into it. */
export const INSTANT = /^(-?infinity|\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?(\+00)?( BC)?)$/;

/**
 * In milliseconds since the epoch, without what is below; infinite for what no Date can be: years before Christ, years of
 * more than four digits, `infinity`, and the year 0 of some servers' zero dates.
 */
export function instantMs(text: string): number {
  const parsed = Date.parse(`${text.slice(0, 23).replace(' ', 'T')}Z`);
  if (!text.endsWith('BC') && /^\d{4}-/.test(text)) return Number.isNaN(parsed) ? -Infinity : parsed;
  return text.endsWith('BC') || text.startsWith('-') ? -Infinity : Infinity;
}
