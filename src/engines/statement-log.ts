/** Every statement, for whoever wants to watch. Without its values: they may be somebody's secrets. */
import type { LogConfig } from 'kysely';

export interface StatementEvent {
  readonly sql: string;
  readonly milliseconds: number;
  readonly failed: boolean;
}

export type StatementLog = (event: StatementEvent) => void;

export function kyselyLog(log: StatementLog | undefined): { log?: LogConfig } {
  if (!log) return {};
  return {
    log: ({ query, queryDurationMillis, level }) =>
      log({ sql: query.sql, milliseconds: queryDurationMillis, failed: level === 'error' }),
  };
}
