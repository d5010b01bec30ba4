/** Instants in the form of the engines' contract: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
export function utc(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ')}000`;
}

export function nowUtc(): string {
  return utc(Date.now());
}
