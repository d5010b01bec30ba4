/**
 * From rules to scopes: whose rows go, and up to which frozen boundary. A scope is what one index answers, so that
 * reading it costs no more than what it deletes.
 */
import { type Kysely, sql } from 'kysely';
import { type Database, JOB_AGE, LOG_AGE } from '../schema/index.ts';
import { beginningOf, boundary, earlier, type Key } from './boundary.ts';
import type { Holds } from './holds.ts';
import { lastSuccess } from './last-success.ts';
import type { FinishedStatus, JobRule, LogRule, RuleBook } from './rules.ts';

/** Finished jobs of one company, or of one of its run templates. */
export interface JobScope {
  readonly company: bigint;
  /** A run template; null for jobs of none; `all` for all jobs of the company. */
  readonly template: bigint | null | 'all';
  /** Only jobs of the company itself, though the run template may have some of others. */
  readonly onlyCompany: boolean;
  readonly statuses: readonly FinishedStatus[];
  /** Strictly older ones go. */
  readonly before: Key;
  /** Last successes, which stay. */
  readonly spared: readonly bigint[];
  /** Whether they are saved to an archive before they go. */
  readonly archive: boolean;
}

/** Log entries of one company, or of none. */
export interface LogScope {
  readonly company: bigint | null;
  readonly before: Key;
  /** Whether they are saved to an archive before they go. */
  readonly archive: boolean;
}

type Db = Kysely<Database>;

export async function jobScopes(db: Db, book: RuleBook, holds: Holds): Promise<JobScope[]> {
  const { jobs } = book;
  if (!jobs) return [];
  const newest = new NewestOfAll();
  const scopes: JobScope[] = [];
  for (const [company, templates] of await owners(db, book)) {
    if (holds.companies.includes(company)) continue;
    const rules = [...templates, null].map((template) => [template, jobs(company, template)] as const);
    const whole = rules.every(([, rule]) => rule === rules[0]?.[1] && !needsTemplate(rule));
    const wanted = whole ? [['all', rules[0]?.[1]] as const] : rules;
    for (const [template, rule] of wanted) {
      if (!rule || (typeof template === 'bigint' && holds.templates.includes(template))) continue;
      const before = await jobBoundary(db, rule, template, newest);
      if (!before) continue;
      const last =
        rule.keepLastSuccess && typeof template === 'bigint' ? await lastSuccess(db, template) : undefined;
      const spared = last === undefined ? [] : [last];
      const { statuses, archive = false } = rule;
      const onlyCompany = book.company !== null;
      scopes.push({ company, template, onlyCompany, statuses, before, spared, archive });
    }
  }
  return scopes;
}

export async function logScopes(db: Db, book: RuleBook, holds: Holds): Promise<LogScope[]> {
  const { logs } = book;
  if (!logs) return [];
  const newest = new NewestOfAll();
  const scopes: LogScope[] = [];
  const companies: (bigint | null)[] = [...(await owners(db, book)).keys()];
  if (book.company === null) companies.push(null);
  for (const company of companies) {
    const rule = logs(company);
    if (!rule || (company !== null && holds.companies.includes(company))) continue;
    const before = await logBoundary(db, rule, company, newest);
    if (before) scopes.push({ company, before, archive: rule.archive ?? false });
  }
  return scopes;
}

/** A rule that looks at each run template by itself. */
function needsTemplate(rule: JobRule | undefined): boolean {
  return rule !== undefined && (rule.keepPerTemplate !== null || rule.keepLastSuccess);
}

/** Companies and their run templates. */
async function owners(db: Db, book: RuleBook): Promise<Map<bigint, bigint[]>> {
  let query = db
    .selectFrom('company')
    .leftJoin('run_template', 'run_template.company_id', 'company.id')
    .select(['company.id as company', 'run_template.id as template']);
  if (book.company !== null) query = query.where('company.id', '=', book.company);
  const found = new Map<bigint, bigint[]>();
  for (const { company, template } of await query
    .orderBy('company.id')
    .orderBy('run_template.id')
    .execute()) {
    const templates = found.get(company) ?? [];
    found.set(company, templates);
    if (template !== null) templates.push(template);
  }
  return found;
}

/** The boundary of "the newest N of all" is the same for every scope: it is looked for once. */
class NewestOfAll {
  private readonly found = new Map<string, Promise<Key | null>>();

  of(db: Db, timeline: typeof JOB_AGE, keep: number): Promise<Key | null> {
    const name = `${timeline.table} ${keep}`;
    const known = this.found.get(name) ?? boundary(db, timeline, keep);
    this.found.set(name, known);
    return known;
  }
}

async function jobBoundary(
  db: Db,
  { keep, keepPerTemplate, olderThan }: JobRule,
  template: JobScope['template'],
  newest: NewestOfAll,
): Promise<Key | null> {
  return earliest([
    olderThan === null ? undefined : beginningOf(olderThan),
    keep === null ? undefined : await newest.of(db, JOB_AGE, keep),
    // Jobs of no run template are none of its newest: they have no such rule.
    keepPerTemplate === null || typeof template !== 'bigint'
      ? undefined
      : await boundary(db, JOB_AGE, keepPerTemplate, sql`run_template_id = ${template}`),
  ]);
}

async function logBoundary(
  db: Db,
  { keep, keepPerCompany, olderThan }: LogRule,
  company: bigint | null,
  newest: NewestOfAll,
): Promise<Key | null> {
  const own = company === null ? sql`company_id is null` : sql`company_id = ${company}`;
  return earliest([
    olderThan === null ? undefined : beginningOf(olderThan),
    keep === null ? undefined : await newest.of(db, LOG_AGE, keep),
    keepPerCompany === null ? undefined : await boundary(db, LOG_AGE, keepPerCompany, own),
  ]);
}

/** Null when one of them keeps everything, or nothing limits what goes: then nothing goes. */
function earliest(keys: readonly (Key | null | undefined)[]): Key | null {
  const given = keys.filter((key) => key !== undefined);
  return given.length === 0
    ? null
    : given.reduce<Key | null>((a, b) => (a && b ? earlier(a, b) : null), given[0] ?? null);
}
