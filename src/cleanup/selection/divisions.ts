/**
 * Of which run templates a company has jobs that rules may delete. Looked for by what costs no more than the deletion: by
 * age where all rules have one, else by the run templates' own index, a run template at a time.
 */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { type Database, JOB_AGE } from '../../schema/index.ts';
import { type JobRule, type Rules, resolve } from '../rules/rules.ts';
import type { Boundaries, Division } from './boundaries.ts';
import { type Key, later, older } from './boundary.ts';
import { ownersNamed } from './owners.ts';

type Db = Kysely<Database>;
type Divisions = ReadonlyMap<bigint, readonly Division[]>;

/** How the run templates of a company's old jobs are found; `together` where it does not matter which they are. */
export type Way = 'together' | 'by age' | 'by run template' | 'by company';

/** @param only whether nobody else's jobs are looked at: then reading all of this company's is less than looking at all run templates */
export function wayOf(jobs: Rules<JobRule>, company: bigint, only: boolean): Way {
  const own = resolve(jobs, company, null);
  if (own === undefined) return jobs.byTemplate.size > 0 ? 'by run template' : 'together';
  const looksAtTemplates = jobs.byTemplate.size > 0 || own.keepPerTemplate !== null || own.keepLastSuccess;
  if (!looksAtTemplates) return 'together';
  if (loosestAge([own, ...jobs.byTemplate.values()]) !== null) return 'by age';
  return only ? 'by company' : 'by run template';
}

/** @throws the signal's reason */
export async function divisions(
  engine: Engine,
  jobs: Rules<JobRule>,
  companies: readonly bigint[],
  boundaries: Boundaries,
  { only, signal }: { readonly only: boolean; readonly signal?: AbortSignal | undefined },
): Promise<Divisions> {
  const db = engine.kysely<Database>();
  const found = new Map<bigint, Division[]>();
  const byTemplate: bigint[] = [];
  for (const company of companies) {
    signal?.throwIfAborted();
    const way = wayOf(jobs, company, only);
    if (way === 'together') found.set(company, ['all']);
    else if (way === 'by run template') byTemplate.push(company);
    else found.set(company, await ofOldJobs(db, jobs, company));
  }
  for (const [company, templates] of await ofTemplates(engine, jobs, byTemplate, boundaries, signal))
    found.set(company, templates);
  return found;
}

/** Those that its old jobs are of: those of its own may be others today. */
async function ofOldJobs(db: Db, jobs: Rules<JobRule>, company: bigint): Promise<Division[]> {
  let old = db.selectFrom('job').select('run_template_id').distinct().where('company_id', '=', company);
  const limit = loosestAge([resolve(jobs, company, null), ...jobs.byTemplate.values()]);
  if (limit !== null) old = old.where('DatCreate', '<', limit);
  const templates = (await old.execute()).map(({ run_template_id }) => run_template_id);
  return templates.sort(noneLast);
}

async function ofTemplates(
  engine: Engine,
  jobs: Rules<JobRule>,
  companies: readonly bigint[],
  boundaries: Boundaries,
  signal: AbortSignal | undefined,
): Promise<Map<bigint, Division[]>> {
  const found = new Map<bigint, Division[]>(companies.map((company) => [company, []]));
  if (companies.length === 0) return found;
  const ruled = companies.filter((company) => resolve(jobs, company, null) !== undefined);
  const rules = loosest(
    ruled.map((company) => resolve(jobs, company, null)).filter((rule) => rule !== undefined),
  );
  const templates = ruled.length > 0 ? await templatesOfJobs(engine) : [...jobs.byTemplate.keys()];
  for (const template of templates) {
    signal?.throwIfAborted();
    const own = jobs.byTemplate.get(template);
    const before = await latestOf(own ? [own] : rules, template, boundaries);
    if (!before) continue;
    for (const company of await companiesOf(engine, template, before, companies)) {
      if (own || resolve(jobs, company, null)) found.get(company)?.push(template);
    }
  }
  for (const company of ruled) found.get(company)?.push(null);
  return found;
}

/** What lies before it none of the rules keeps; null where all of them keep everything. */
async function latestOf(
  rules: readonly JobRule[],
  template: bigint,
  boundaries: Boundaries,
): Promise<Key | null> {
  let latest: Key | null = null;
  for (const rule of rules) {
    const before = await boundaries.ofJobs(rule, template);
    if (before) latest = latest ? later(latest, before) : before;
  }
  return latest;
}

/** Run templates that jobs name: one of them may be gone. */
async function templatesOfJobs(engine: Engine): Promise<readonly bigint[]> {
  const { rows } = await sql<{ id: bigint }>`
    select o.id from (${ownersNamed(engine, 'job', 'run_template_id')}) as o order by o.id`.execute(
    engine.kysely<unknown>(),
  );
  return rows.map(({ id }) => id);
}

/** Whose the old jobs of a run template are: it may have been of several companies. */
async function companiesOf(
  engine: Engine,
  template: bigint,
  before: Key,
  companies: readonly bigint[],
): Promise<readonly bigint[]> {
  const asked = new Set(companies);
  const rows = await companiesOfOldJobs(engine.kysely<Database>(), template, before).execute();
  return rows.map(({ company_id }) => company_id).filter((company) => asked.has(company));
}

/**
 * Reads the jobs of the run template that are old enough, and no others: with the bare column, SQLite would rather go along an index
 * that begins with the company.
 */
export function companiesOfOldJobs(db: Db, template: bigint, before: Key) {
  return db
    .selectFrom('job')
    .select(({ ref }) => sql<bigint>`${ref('company_id')} + 0`.as('company_id'))
    .distinct()
    .where('run_template_id', '=', template)
    .where(older(JOB_AGE, before));
}

/**
 * Few rules that together let go what any of these does: of all that have the same limits the loosest of each. So the
 * number of questions does not grow with the number of companies.
 */
function loosest(rules: readonly JobRule[]): readonly JobRule[] {
  const limits = ({ keep, keepPerTemplate, olderThan }: JobRule) =>
    [keep, keepPerTemplate, olderThan].map((limit) => limit !== null).join();
  return [...Map.groupBy(rules, limits).values()].flatMap((some) => {
    const [first] = some;
    if (!first) return [];
    return [
      {
        ...first,
        keep: least(some.map(({ keep }) => keep)),
        keepPerTemplate: least(some.map(({ keepPerTemplate }) => keepPerTemplate)),
        olderThan: loosestAge(some),
      },
    ];
  });
}

function least(limits: readonly (number | null)[]): number | null {
  return limits.reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)), limits[0] ?? null);
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
