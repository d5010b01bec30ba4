/** Why a job is kept or deleted under the policies, and when. */

import { type Kysely, sql } from 'kysely';
import { type Engine, utc } from '../../engines/index.ts';
import { DAY_MS, type Database, FINISHED, JOB_AGE } from '../../schema/index.ts';
import { counted } from '../../written-numbers.ts';
import { jobRules, listPolicies, type Policy, policiesOf } from '../rules/policies.ts';
import { resolve } from '../rules/rules.ts';
import { Boundaries } from '../selection/boundaries.ts';
import { compareInstants, newer } from '../selection/boundary.ts';
import type { JobFacts } from '../selection/facts.ts';
import { isHeld, readHolds } from '../selection/held-rows.ts';
import { lastSuccess } from '../selection/last-success.ts';
import { jobFacts } from '../selection/queries.ts';
import { jobScope } from '../selection/scopes.ts';
import { jobVerdict } from '../selection/verdict.ts';
import { noSuchJob } from './failures.ts';

export interface Explanation {
  readonly job: bigint;
  readonly status: string;
  readonly created: string;
  readonly company: bigint;
  readonly template: bigint | null;
  /** The policy that is in force for it; null for none. */
  readonly policy: Policy | null;
  /** Whether the next run deletes it. */
  readonly goes: boolean;
  /** From when on its age lets it be deleted (UTC); null where no age is set. Other reasons may keep it longer. */
  readonly agesOut: string | null;
  /** Every reason for which it is kept, in words; when it is deleted, the reasons why. */
  readonly reasons: readonly string[];
}

/** @param now milliseconds since the epoch @throws UNKNOWN_TARGET */
export async function explain(engine: Engine, id: bigint, now: number): Promise<Explanation> {
  const db = engine.kysely<Database>();
  const job = await jobFacts(db).where('job.id', '=', id).executeTakeFirst();
  if (!job) throw noSuchJob(id);
  const policies = await listPolicies(engine);
  const policy = resolve(policiesOf(policies, 'job'), job.company_id, job.run_template_id) ?? null;
  const holds = await readHolds(engine, db, [id], utc(now));
  const goes = (await verdictOf(engine, job, policies, now))(job, holds) !== undefined;
  const why = await reasons(db, job, policy, now);
  if (isHeld(holds, job)) why.kept.push('it is held');
  const maxAge = policy?.maxAgeDays ?? null;
  return {
    job: id,
    status: job.status,
    created: job.at,
    company: job.company_id,
    template: job.run_template_id,
    policy,
    goes,
    agesOut: maxAge === null ? null : ageOut(job, maxAge),
    reasons: goes ? why.deleted : why.kept,
  };
}

/** What a run asks as well, of the rules for this job alone. */
async function verdictOf(engine: Engine, job: JobFacts, policies: readonly Policy[], now: number) {
  const rules = jobRules(policies, now);
  const scope = rules && (await jobScope(new Boundaries(engine), rules, job.company_id, job.run_template_id));
  return jobVerdict(scope ? [scope] : []);
}

function ageOut({ at }: JobFacts, days: number): string | null {
  const created = Date.parse(`${at.slice(0, 23).replace(' ', 'T')}Z`);
  // An instant that JavaScript does not have, as infinity.
  return Number.isNaN(created) ? null : utc(created + days * DAY_MS);
}

async function reasons(
  db: Kysely<Database>,
  job: JobFacts,
  policy: Policy | null,
  now: number,
): Promise<{ readonly kept: string[]; readonly deleted: string[] }> {
  const kept: string[] = [];
  const deleted: string[] = [];
  if (!FINISHED.some((status) => status === job.status))
    kept.push(`it is ${job.status}, and unfinished jobs are never deleted`);
  if (!policy) {
    kept.push('no policy applies to it');
    return { kept, deleted };
  }
  const { maxAgeDays, keepLast, keepLastSuccess } = policy;
  if (maxAgeDays !== null) {
    if (compareInstants(job.at, utc(now - maxAgeDays * DAY_MS)) < 0)
      deleted.push(`it is older than ${counted(maxAgeDays, 'day')}`);
    else kept.push(`it is not older than ${counted(maxAgeDays, 'day')}`);
  }
  const template = job.run_template_id;
  if (template === null) {
    if (maxAgeDays === null) kept.push('it has no run template, and the policy has no age');
    return { kept, deleted };
  }
  if (keepLast !== null) {
    if ((await countNewer(db, job, template, keepLast)) < keepLast)
      kept.push(`it is among the newest ${keepLast} of its run template`);
    else deleted.push(`its run template has at least ${counted(keepLast, 'newer job')}`);
  }
  if (keepLastSuccess && job.status === 'ok' && (await lastSuccess(db, template)) === job.id)
    kept.push('it is the last success of its run template');
  return { kept, deleted };
}

/** No further than so many. */
async function countNewer(
  db: Kysely<Database>,
  job: JobFacts,
  template: bigint,
  most: number,
): Promise<number> {
  const newerOnes = db
    .selectFrom('job')
    .select('id')
    .where('run_template_id', '=', template)
    .where(newer(JOB_AGE, job))
    .limit(most);
  const row = await db
    .selectFrom(newerOnes.as('newer'))
    .select(sql<bigint>`count(*)`.as('n'))
    .executeTakeFirst();
  return Number(row?.n ?? 0n);
}
