/**
 * From rules to scopes: whose rows are deleted, and up to which frozen boundary. A scope is what one index answers, so
 * that reading it costs no more than what it deletes.
 */
import { type Kysely, sql } from 'kysely';
import { type Database, JOB_AGE, LOG_AGE } from '../../schema/index.ts';
import {
  type FinishedStatus,
  type JobRule,
  type LogRule,
  type RuleBook,
  type Rules,
  resolve,
} from '../rules/rules.ts';
import { beginningOf, boundary, earlier, type Key, later } from './boundary.ts';
import type { Holds } from './held-rows.ts';
import { lastSuccess } from './last-success.ts';

/** Finished jobs of one company, or those of them that are of one run template. */
export interface JobScope {
  readonly company: bigint;
  /** A run template; null for jobs of none; `all` for all jobs of the company. */
  readonly template: bigint | null | 'all';
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

type Db = Kysely<Database>;

/** @param signal ends it between two queries */
export async function jobScopes(
  db: Db,
  { jobs, company: only }: RuleBook,
  holds: Holds,
  signal?: AbortSignal,
): Promise<JobScope[]> {
  if (!jobs) return [];
  const boundaries = new Boundaries(db);
  const scopes: JobScope[] = [];
  for (const company of await companies(db, only)) {
    if (holds.companies.has(company)) continue;
    for (const template of await divisions(db, jobs, company)) {
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
  template: JobScope['template'],
): Promise<JobScope | undefined> {
  const rule = resolve(jobs, company, template === 'all' ? null : template);
  const before = rule && (await boundaries.ofJobs(rule, template));
  if (!rule || !before) return undefined;
  const last = rule.keepLastSuccess ? await boundaries.lastSuccess(template) : undefined;
  const { statuses, archive = false } = rule;
  return { company, template, statuses, before, spared: last === undefined ? [] : [last], archive };
}

export async function logScopes(
  db: Db,
  { logs, company: only }: RuleBook,
  holds: Holds,
  signal?: AbortSignal,
): Promise<LogScope[]> {
  if (!logs) return [];
  const boundaries = new Boundaries(db);
  const scopes: LogScope[] = [];
  for (const company of [...(await companies(db, only)), ...(only === null ? [null] : [])]) {
    signal?.throwIfAborted();
    const rule = resolve(logs, company, null);
    if (!rule || (company !== null && holds.companies.has(company))) continue;
    const before = await boundaries.ofLogs(rule, company);
    if (before) scopes.push({ company, before, archive: rule.archive ?? false });
  }
  return scopes;
}

async function companies(db: Db, only: bigint | null): Promise<readonly bigint[]> {
  if (only !== null) return [only];
  return (await db.selectFrom('company').select('id').orderBy('id').execute()).map(({ id }) => id);
}

/** Whether the jobs of a company have to be looked at by run template. */
export function looksAtTemplates(jobs: Rules<JobRule>, company: bigint): boolean {
  const own = resolve(jobs, company, null);
  return (
    jobs.byTemplate.size > 0 || (own !== undefined && (own.keepPerTemplate !== null || own.keepLastSuccess))
  );
}

/** Together, or by the run templates that its old jobs are of: those of its own may be others today. */
async function divisions(
  db: Db,
  jobs: Rules<JobRule>,
  company: bigint,
): Promise<readonly JobScope['template'][]> {
  if (!looksAtTemplates(jobs, company)) return ['all'];
  let old = db.selectFrom('job').select('run_template_id').distinct().where('company_id', '=', company);
  const limit = loosestAge([resolve(jobs, company, null), ...jobs.byTemplate.values()]);
  if (limit !== null) old = old.where('DatCreate', '<', limit);
  const templates = (await old.execute()).map(({ run_template_id }) => run_template_id);
  return templates.sort(noneLast);
}

function noneLast(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

/** @returns the instant from which on none of these rules deletes; null where one of them has no such limit */
function loosestAge(rules: readonly (JobRule | undefined)[]): string | null {
  const ages = rules.filter((rule) => rule !== undefined).map(({ olderThan }) => olderThan);
  return ages.reduce((a, b) => (a === null || b === null ? null : a > b ? a : b), ages[0] ?? null);
}

/** Boundaries as they are found; that of "the newest N of all" is the same for every scope and looked for once. */
export class Boundaries {
  private readonly db: Db;
  private readonly newest = new Map<string, Promise<Key | null>>();

  constructor(db: Db) {
    this.db = db;
  }

  async ofJobs(
    { keep, keepPerTemplate, olderThan }: JobRule,
    template: JobScope['template'],
  ): Promise<Key | null> {
    return earliest([
      olderThan === null ? undefined : beginningOf(olderThan),
      keep === null ? undefined : await this.newestOfAll(JOB_AGE, keep),
      // Jobs of no run template are none of its newest: they have no such rule.
      keepPerTemplate === null || typeof template !== 'bigint'
        ? undefined
        : await boundary(this.db, JOB_AGE, keepPerTemplate, sql`run_template_id = ${template}`),
    ]);
  }

  async ofLogs(
    { keep, keepPerCompany, olderThan, atMost = false }: LogRule,
    company: bigint | null,
  ): Promise<Key | null> {
    const own = company === null ? sql`company_id is null` : sql`company_id = ${company}`;
    // Entries of no company are of none that may have too many.
    const perCompany = atMost && company === null ? null : keepPerCompany;
    const limits = [
      olderThan === null ? undefined : beginningOf(olderThan),
      keep === null ? undefined : await this.newestOfAll(LOG_AGE, keep),
      perCompany === null ? undefined : await boundary(this.db, LOG_AGE, perCompany, own),
    ];
    return atMost ? latest(limits) : earliest(limits);
  }

  async lastSuccess(template: JobScope['template']): Promise<bigint | undefined> {
    return typeof template === 'bigint' ? lastSuccess(this.db, template) : undefined;
  }

  private newestOfAll(timeline: typeof JOB_AGE, keep: number): Promise<Key | null> {
    const name = `${timeline.table} ${keep}`;
    const known = this.newest.get(name) ?? boundary(this.db, timeline, keep);
    this.newest.set(name, known);
    return known;
  }
}

/** Null when all of them keep everything. */
function latest(keys: readonly (Key | null | undefined)[]): Key | null {
  return keys.reduce<Key | null>((a, b) => (a && b ? later(a, b) : (a ?? b ?? null)), null);
}

/** Null when one of them keeps everything, or nothing limits what is deleted: then nothing is. */
function earliest(keys: readonly (Key | null | undefined)[]): Key | null {
  const given = keys.filter((key) => key !== undefined);
  return given.length === 0
    ? null
    : given.reduce<Key | null>((a, b) => (a && b ? earlier(a, b) : null), given[0] ?? null);
}
