/** What of a row decides whether it is deleted. */
import type { Key } from './boundary.ts';

export interface JobFacts extends Key {
  readonly company_id: bigint;
  readonly run_template_id: bigint | null;
  readonly status: string;
}

/** Of a log entry that is deleted by its own age. */
export interface LogFacts extends Key {
  readonly company_id: bigint | null;
}
