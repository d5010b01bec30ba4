/** Why a job stays or goes under the policies, and when. */
import { sql } from 'kysely';
import { type Engine, utc } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { type Database, FINISHED, JOB_AGE } from '../schema/index.ts';
import { newer } from './boundary.ts';
import { isHeld, readHolds } from './holds.ts';
import { lastSuccess } from './last-success.ts';
import { listPolicies, mostSpecific, type Policy } from './policies.ts';

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
  /** From when on its age lets it go (UTC); null where no age is set. Others reasons may keep it longer. */
  readonly agesOut: string | null;
  /** Every reason for which it stays, in words; when it goes, the reasons why. */
  readonly reasons: readonly string[];
}

const DAY_MS = 86_400_000;

/** @param now milliseconds since the epoch @throws UNKNOWN_TARGET */
export async function explain(engine: Engine, id: bigint, now: number): Promise<Explanation> {
  const db = engine.kysely<Database>();
  const job = await db
    .selectFrom('job')
    .select(['id', 'status', 'DatCreate', 'company_id', 'run_template_id'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!job) {
    throw new MultiFlexiError('UNKNOWN_TARGET', `There is no job ${id}.`, {
      next: 'It may have been deleted already.',
    });
  }
  const policies = (await listPolicies(engine)).filter(
    ({ subject, enabled }) => subject === 'job' && enabled,
  );
  // A run template's own company decides, as in a run.
  const owner =
    job.run_template_id === null
      ? job.company_id
      : (
          await db
            .selectFrom('run_template')
            .select('company_id')
            .where('id', '=', job.run_template_id)
            .executeTakeFirstOrThrow()
        ).company_id;
  const policy = mostSpecific(policies, owner, job.run_template_id) ?? null;
  const stays: string[] = [];
  const goes: string[] = [];
  if (!FINISHED.some((status) => status === job.status))
    stays.push(`it is ${job.status}: unfinished jobs are never deleted`);
  if (isHeld(await readHolds(db, utc(now)), job)) stays.push('it is held');
  if (!policy) stays.push('no policy speaks of it');
  const maxAge = policy?.maxAgeDays ?? null;
  const created = Date.parse(`${job.DatCreate.slice(0, 23).replace(' ', 'T')}Z`);
  const agesOut = maxAge === null ? null : utc(created + maxAge * DAY_MS);
  if (maxAge !== null) {
    if (job.DatCreate < utc(now - maxAge * DAY_MS)) goes.push(`it is older than ${maxAge} days`);
    else stays.push(`it is younger than ${maxAge} days`);
  }
  const keepLast = policy?.keepLast ?? null;
  const template = job.run_template_id;
  if (policy && keepLast !== null) {
    if (template === null) {
      if (maxAge === null) stays.push('it has no run template, and the policy sets no age');
    } else {
      const newerOnes = await db
        .selectFrom(
          db
            .selectFrom('job')
            .select('id')
            .where('run_template_id', '=', template)
            .where(newer(JOB_AGE, { at: job.DatCreate, id }))
            .limit(keepLast)
            .as('newer'),
        )
        .select(sql<bigint>`count(*)`.as('n'))
        .executeTakeFirst();
      if (Number(newerOnes?.n ?? 0n) < keepLast)
        stays.push(`it is among the newest ${keepLast} of its run template`);
      else goes.push(`${keepLast} jobs of its run template are newer`);
    }
  }
  if (policy?.keepLastSuccess && template !== null && job.status === 'ok') {
    if ((await lastSuccess(db, template)) === id) stays.push('it is the last success of its run template');
  }
  return {
    job: id,
    status: job.status,
    created: job.DatCreate,
    company: job.company_id,
    template,
    policy,
    goes: stays.length === 0,
    agesOut,
    reasons: stays.length === 0 ? goes : stays,
  };
}
