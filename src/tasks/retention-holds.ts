/** Keeping something from being deleted, and why a job is kept or will be deleted. */
import {
  companySlugs,
  type Explanation,
  explain,
  findCompany,
  type HoldTarget,
  hold,
  release,
} from '../cleanup/index.ts';
import { type Engine, utc } from '../engines/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import type { TaskContext } from './context.ts';
import { holdOfOneThing } from './failures.ts';

/** Exactly one of the first three. */
export interface HoldRequest {
  readonly job: bigint | null;
  readonly template: bigint | null;
  /** By slug or id. */
  readonly company: string | null;
  /** In milliseconds since the epoch; null for as long as it is not released. */
  readonly until: number | null;
  readonly reason: string;
}

export interface NewHold {
  readonly target: HoldTarget;
  readonly until: string | null;
  /** Of the company that it is for, by its id. */
  readonly slugs: ReadonlyMap<bigint, string>;
}

export interface ExplainedJob extends Explanation {
  /** Of the company that the policy is for, by its id. */
  readonly slugs: ReadonlyMap<bigint, string>;
}

/** @throws USAGE */
export function requireOneTarget({ job, template, company }: HoldRequest): void {
  if ([job, template, company].filter((one) => one !== null).length !== 1) throw holdOfOneThing();
}

/** @throws NOT_MIGRATED, UNKNOWN_TARGET, USAGE */
export async function holdRows({ engine }: TaskContext, request: HoldRequest): Promise<NewHold> {
  requireOneTarget(request);
  await requireMigrated(engine);
  const { job, template, company, reason } = request;
  const target = { job, template, company: company === null ? null : await findCompany(engine, company) };
  const until = request.until === null ? null : utc(request.until);
  await hold(engine, target, until, reason);
  return { target, until, slugs: await slugOf(engine, target.company) };
}

/** @throws NOT_MIGRATED, UNKNOWN_TARGET */
export async function releaseHold({ engine }: TaskContext, id: bigint): Promise<void> {
  await requireMigrated(engine);
  await release(engine, id);
}

/** @param now in milliseconds since the epoch @throws NOT_MIGRATED, UNKNOWN_TARGET */
export async function explainJob(
  { engine }: TaskContext,
  job: bigint,
  now = Date.now(),
): Promise<ExplainedJob> {
  await requireMigrated(engine);
  const why = await explain(engine, job, now);
  return { ...why, slugs: await slugOf(engine, why.policy?.company ?? null) };
}

function slugOf(engine: Engine, company: bigint | null): Promise<ReadonlyMap<bigint, string>> {
  return companySlugs(engine, company === null ? [] : [company]);
}
