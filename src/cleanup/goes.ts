/** Which rows go: the scopes of a plan as a question that is asked of one row. */
import { FINISHED } from '../schema/index.ts';
import type { Key } from './boundary.ts';
import { type Holds, isHeld } from './holds.ts';
import type { LogFacts } from './oldest.ts';
import type { JobScope, LogScope } from './scopes.ts';

/** What decides whether a job goes. */
export interface JobFacts extends Key {
  readonly company_id: bigint;
  readonly run_template_id: bigint | null;
  readonly status: string;
}

/** @returns the scope by which the job goes; undefined when it stays */
export type JobVerdict = (job: JobFacts, holds: Holds) => JobScope | undefined;

export function jobVerdict(scopes: readonly JobScope[]): JobVerdict {
  const byOwner = Map.groupBy(scopes, ({ company, template }) =>
    typeof template === 'bigint' ? ofTemplate(template) : ofCompany(company, template),
  );
  return (job, holds) => {
    if (!FINISHED.some((status) => status === job.status) || isHeld(holds, job)) return undefined;
    const { company_id: company, run_template_id: template } = job;
    const owners = [
      template === null ? ofCompany(company, null) : ofTemplate(template),
      ofCompany(company, 'all'),
    ];
    for (const owner of owners) {
      const scope = byOwner.get(owner)?.find((one) => fits(one, job));
      if (scope) return scope;
    }
    return undefined;
  };
}

function ofTemplate(template: bigint): string {
  return `template ${template}`;
}

function ofCompany(company: bigint, jobs: null | 'all'): string {
  return `company ${company}, ${jobs ?? 'no template'}`;
}

function fits({ statuses, before, spared, onlyCompany, company }: JobScope, job: JobFacts): boolean {
  return (
    statuses.some((status) => status === job.status) &&
    isOlder(job, before) &&
    !spared.includes(job.id) &&
    (!onlyCompany || job.company_id === company)
  );
}

/** Whether a log entry goes by its own age; holds are asked for when it is deleted. */
export function logVerdict(scopes: readonly LogScope[]): (log: LogFacts) => boolean {
  const boundaries = new Map(scopes.map(({ company, before }) => [company, before]));
  return (log) => {
    const before = boundaries.get(log.company_id);
    return before !== undefined && isOlder(log, before);
  };
}

function isOlder(row: Key, before: Key): boolean {
  return row.at < before.at || (row.at === before.at && row.id < before.id);
}
