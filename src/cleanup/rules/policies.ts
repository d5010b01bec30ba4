/** Retention policies: how long rows are kept, and of whom. Of several the most specific wins: run template, company, all. */
import type { Kysely } from 'kysely';
import { type Engine, nowUtc, utc } from '../../engines/index.ts';
import { DAY_MS, type Database, FINISHED } from '../../schema/index.ts';
import {
  historyAgesOnly,
  noSuchPolicy,
  notArchived,
  policyWithoutLimit,
  templateAndCompany,
  templateOfOtherRows,
  tokensAgeOnly,
} from './failures.ts';
import { type JobRule, type LogRule, mapRules, type RuleBook, type Rules } from './rules.ts';

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
  /** The newest so many are kept: jobs of each run template, log entries of each company. */
  readonly keepLast: number | null;
  readonly keepLastSuccess: boolean;
  /** Rows are saved to an archive before they go. */
  readonly archive: boolean;
  readonly enabled: boolean;
  readonly note: string | null;
}

export type NewPolicy = Omit<Policy, 'id' | 'archive'> & { readonly archive?: boolean };

type Db = Kysely<Database>;

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
 * Creates a policy, or changes the one that applies to the same rows. @returns its id
 * @throws USAGE for one without an effect, or for rows that such a policy cannot apply to
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
  if (numDeletedRows === 0n) throw noSuchPolicy(id);
}

/** The rules of all policies that are in force, at the instant given in milliseconds since the epoch. */
export async function policyBook(engine: Engine, now: number): Promise<RuleBook> {
  const policies = await listPolicies(engine);
  const [tokens] = inForce(policies, 'token');
  const [history] = inForce(policies, 'history');
  return {
    company: null,
    jobs: jobRules(policies, now),
    logs: inForce(policies, 'logger').length === 0 ? undefined : logRules(policies, now),
    tokensBefore: tokens ? utc(now - (tokens.maxAgeDays ?? 0) * DAY_MS) : null,
    historyBefore: history ? utc(now - (history.maxAgeDays ?? 0) * DAY_MS) : null,
  };
}

/** @returns undefined where no policy is about jobs */
export function jobRules(policies: readonly Policy[], now: number): Rules<JobRule> | undefined {
  if (inForce(policies, 'job').length === 0) return undefined;
  return mapRules(policiesOf(policies, 'job'), (policy) => jobRule(policy, now));
}

function logRules(policies: readonly Policy[], now: number): Rules<LogRule> {
  return mapRules(policiesOf(policies, 'logger'), (policy) => logRule(policy, now));
}

/** The policies in force about one kind of row, by whose rows they are about. */
export function policiesOf(policies: readonly Policy[], subject: Subject): Rules<Policy> {
  const some = inForce(policies, subject);
  return {
    all: some.find(({ company, template }) => company === null && template === null),
    byCompany: new Map(some.flatMap((one) => (one.company === null ? [] : [[one.company, one] as const]))),
    byTemplate: new Map(some.flatMap((one) => (one.template === null ? [] : [[one.template, one] as const]))),
  };
}

function inForce(policies: readonly Policy[], subject: Subject): readonly Policy[] {
  return policies.filter((policy) => policy.enabled && policy.subject === subject);
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
  if (maxAgeDays === null && keepLast === null) throw policyWithoutLimit();
  if (template !== null && subject !== 'job') throw templateOfOtherRows();
  if (template !== null && company !== null) throw templateAndCompany();
  const isForAll = company === null && keepLast === null;
  if (subject === 'token' && !isForAll) throw tokensAgeOnly();
  if (archive === true && subject !== 'job' && subject !== 'logger') throw notArchived();
  if (subject === 'history' && !isForAll) throw historyAgesOnly();
}
