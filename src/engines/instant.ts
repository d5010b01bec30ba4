/** Instants in the form of the engines' contract: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
export function utc(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ')}000`;
}

export function nowUtc(): string {
  return utc(Date.now());
}

/** An instant as any engine has it: in that form, or in what PostgreSQL writes for those that do not fit into it. */
export const INSTANT = /^(-?infinity|\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?(\+00)?( BC)?)$/;
