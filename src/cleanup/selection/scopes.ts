/**
 * From rules to scopes: whose rows are deleted, and up to which frozen boundary. A scope is what one index answers, so
 * that reading it costs no more than what it deletes.
 */
import type { Engine } from '../../engines/index.ts';
import { type FinishedStatus, type JobRule, type RuleBook, type Rules, resolve } from '../rules/rules.ts';
import { Boundaries, type Division } from './boundaries.ts';
import type { Key } from './boundary.ts';
import { companiesWithRows } from './companies.ts';
import { divisions } from './divisions.ts';
import type { Holds } from './held-rows.ts';

/** Finished jobs of one company, or those of them that are of one run template. */
export interface JobScope {
  readonly company: bigint;
  /** Those of the company's jobs. */
  readonly template: Division;
  readonly statuses: readonly FinishedStatus[];
  /** Strictly older ones are deleted. */
  readonly before: Key;
  /** Last successes, which are kept. */
  readonly spared: readonly bigint[];
  /** Whether they are saved to an archive before they are deleted. */
  readonly archive: boolean;
}

/** Log entries of one company, or of none. */
export interface LogScope {
  readonly company: bigint | null;
  readonly before: Key;
  /** Whether they are saved to an archive before they are deleted. */
  readonly archive: boolean;
}

/** @param signal ends it between two queries */
export async function jobScopes(
  engine: Engine,
  { jobs, company: only }: RuleBook,
  holds: Holds,
  signal?: AbortSignal,
  boundaries = new Boundaries(engine),
): Promise<JobScope[]> {
  if (!jobs) return [];
  const scopes: JobScope[] = [];
  const free = (await companiesWithRows(engine, 'job', only)).filter((one) => !holds.companies.has(one));
  const divided = await divisions(engine, jobs, free, boundaries, { only: only !== null, signal });
  for (const company of free) {
    for (const template of divided.get(company) ?? []) {
      signal?.throwIfAborted();
      if (typeof template === 'bigint' && holds.templates.has(template)) continue;
      const scope = await jobScope(boundaries, jobs, company, template);
      if (scope) scopes.push(scope);
    }
  }
  return scopes;
}

/** @returns undefined where the rules delete nothing */
export async function jobScope(
  boundaries: Boundaries,
  jobs: Rules<JobRule>,
  company: bigint,
  template: Division,
): Promise<JobScope | undefined> {
  const rule = resolve(jobs, company, template === 'all' ? null : template);
  const before = rule && (await boundaries.ofJobs(rule, template));
  if (!rule || !before) return undefined;
  const last = rule.keepLastSuccess ? await boundaries.lastSuccess(template) : undefined;
  const { statuses, archive = false } = rule;
  return { company, template, statuses, before, spared: last === undefined ? [] : [last], archive };
}

export async function logScopes(
  engine: Engine,
  { logs, company: only }: RuleBook,
  holds: Holds,
  signal?: AbortSignal,
  boundaries = new Boundaries(engine),
): Promise<LogScope[]> {
  if (!logs) return [];
  const scopes: LogScope[] = [];
  for (const company of [
    ...(await companiesWithRows(engine, 'logger', only)),
    ...(only === null ? [null] : []),
  ]) {
    signal?.throwIfAborted();
    const rule = resolve(logs, company, null);
    if (!rule || (company !== null && holds.companies.has(company))) continue;
    const before = await boundaries.ofLogs(rule, company);
    if (before) scopes.push({ company, before, archive: rule.archive ?? false });
  }
  return scopes;
}
