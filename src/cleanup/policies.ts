/** Retention policies: how long rows are kept, and of whom. Of several the most specific wins: run template, company, all. */
import type { Kysely } from 'kysely';
import { type Engine, nowUtc, utc } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { type Database, FINISHED } from '../schema/index.ts';
import type { JobRule, LogRule, RuleBook } from './rules.ts';

export const SUBJECTS = ['job', 'logger', 'token', 'history'] as const;
export type Subject = (typeof SUBJECTS)[number];

export interface Policy {
  readonly id: bigint;
  readonly subject: Subject;
  /** Null for all. */
  readonly company: bigint | null;
  readonly template: bigint | null;
  /** In days; null for no limit by age. Tokens: how long they are kept after they ended; history: runs of housekeeping. */
  readonly maxAgeDays: number | null;
  /** The newest so many stay: jobs of each run template, log entries of each company. */
  readonly keepLast: number | null;
  readonly keepLastSuccess: boolean;
  /** Rows are saved to an archive before they go. */
  readonly archive: boolean;
  readonly enabled: boolean;
  readonly note: string | null;
}

export type NewPolicy = Omit<Policy, 'id' | 'archive'> & { readonly archive?: boolean };

type Db = Kysely<Database>;

const DAY_MS = 86_400_000;

export async function listPolicies(engine: Engine): Promise<Policy[]> {
  const rows = await engine
    .kysely<Database>()
    .selectFrom('retention_policy')
    .selectAll()
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    subject: row.subject,
    company: row.company_id,
    template: row.run_template_id,
    maxAgeDays: row.max_age_days,
    keepLast: row.keep_last,
    keepLastSuccess: row.keep_last_success,
    archive: row.action === 'archive',
    enabled: row.enabled,
    note: row.note,
  }));
}

/**
 * Makes a policy, or changes the one that speaks of the same rows. @returns its id
 * @throws USAGE for one that says nothing, or speaks of what there is not
 */
export async function setPolicy(engine: Engine, policy: NewPolicy): Promise<bigint> {
  requireSense(policy);
  const { subject, company, template } = policy;
  const values = {
    max_age_days: policy.maxAgeDays,
    keep_last: policy.keepLast,
    keep_last_success: policy.keepLastSuccess,
    action: policy.archive ? ('archive' as const) : ('delete' as const),
    enabled: policy.enabled,
    note: policy.note,
  };
  return engine
    .kysely<Database>()
    .transaction()
    .execute(async (db) => {
      const same = await sameRows(db, policy);
      if (same !== undefined) {
        await db
          .updateTable('retention_policy')
          .set({ ...values, updated_at: nowUtc() })
          .where('id', '=', same)
          .execute();
        return same;
      }
      await db
        .insertInto('retention_policy')
        .values({ subject, company_id: company, run_template_id: template, ...values })
        .execute();
      return (await sameRows(db, policy)) ?? 0n;
    });
}

/** @throws UNKNOWN_TARGET */
export async function removePolicy(engine: Engine, id: bigint): Promise<void> {
  const { numDeletedRows } = await engine
    .kysely<Database>()
    .deleteFrom('retention_policy')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n)
    throw new MultiFlexiError('UNKNOWN_TARGET', `There is no policy ${id}.`, {
      next: 'multiflexi-cli retention:list shows those there are.',
    });
}

/** The rules of all policies that are in force, at the instant given in milliseconds since the epoch. */
export async function policyBook(engine: Engine, now: number): Promise<RuleBook> {
  const policies = (await listPolicies(engine)).filter(({ enabled }) => enabled);
  const of = (subject: Subject) => policies.filter((policy) => policy.subject === subject);
  const jobs = of('job');
  const logs = of('logger');
  const [tokens] = of('token');
  const [history] = of('history');
  const jobRules = new Map(jobs.map((policy) => [policy, jobRule(policy, now)]));
  const logRules = new Map(logs.map((policy) => [policy, logRule(policy, now)]));
  return {
    company: null,
    jobs:
      jobs.length === 0
        ? undefined
        : (company, template) => {
            const policy = mostSpecific(jobs, company, template);
            return policy && jobRules.get(policy);
          },
    logs:
      logs.length === 0
        ? undefined
        : (company) => {
            const policy = mostSpecific(logs, company, null);
            return policy && logRules.get(policy);
          },
    tokensBefore: tokens && utc(now - (tokens.maxAgeDays ?? 0) * DAY_MS),
    historyBefore: history && utc(now - (history.maxAgeDays ?? 0) * DAY_MS),
  };
}

/** What the policies in force say, as plain data without instants: equal for equal rules, in whatever order they were made. */
export async function rulesInForce(engine: Engine): Promise<readonly (readonly unknown[])[]> {
  const policies = (await listPolicies(engine)).filter(({ enabled }) => enabled);
  return policies
    .map((policy) => [
      policy.subject,
      String(policy.company),
      String(policy.template),
      policy.maxAgeDays,
      policy.keepLast,
      policy.keepLastSuccess,
    ])
    .sort((a, b) => (String(a) < String(b) ? -1 : 1));
}

export function mostSpecific(
  policies: readonly Policy[],
  company: bigint | null,
  template: bigint | null,
): Policy | undefined {
  return (
    policies.find((policy) => template !== null && policy.template === template) ??
    policies.find((policy) => policy.template === null && company !== null && policy.company === company) ??
    policies.find((policy) => policy.template === null && policy.company === null)
  );
}

function jobRule({ maxAgeDays, keepLast, keepLastSuccess, archive }: Policy, now: number): JobRule {
  return {
    keep: null,
    keepPerTemplate: keepLast,
    keepLastSuccess,
    olderThan: maxAgeDays === null ? null : utc(now - maxAgeDays * DAY_MS),
    statuses: FINISHED,
    archive,
  };
}

function logRule({ maxAgeDays, keepLast, archive }: Policy, now: number): LogRule {
  return {
    keep: null,
    keepPerCompany: keepLast,
    olderThan: maxAgeDays === null ? null : utc(now - maxAgeDays * DAY_MS),
    archive,
  };
}

async function sameRows(db: Db, { subject, company, template }: NewPolicy): Promise<bigint | undefined> {
  let query = db.selectFrom('retention_policy').select('id').where('subject', '=', subject);
  query = company === null ? query.where('company_id', 'is', null) : query.where('company_id', '=', company);
  query =
    template === null
      ? query.where('run_template_id', 'is', null)
      : query.where('run_template_id', '=', template);
  return (await query.executeTakeFirst())?.id;
}

function requireSense({ subject, company, template, maxAgeDays, keepLast, archive }: NewPolicy): void {
  const faults: readonly (readonly [boolean, string])[] = [
    [
      maxAgeDays === null && keepLast === null,
      'It says neither an age nor a number, and would delete nothing.',
    ],
    [template !== null && subject !== 'job', 'Only jobs have a run template.'],
    [template !== null && company !== null, 'A run template is of one company already.'],
    [
      subject === 'token' && (company !== null || keepLast !== null),
      'Tokens go by their age alone, for all.',
    ],
    [
      archive === true && subject !== 'job' && subject !== 'logger',
      'Jobs and log entries are archived, nothing else.',
    ],
    [
      subject === 'history' && (company !== null || keepLast !== null),
      'The history of runs goes by its age alone, for all.',
    ],
  ];
  const fault = faults.find(([is]) => is)?.[1];
  if (fault !== undefined)
    throw new MultiFlexiError('USAGE', fault, { next: 'Nothing was changed. Say it in another way.' });
}
