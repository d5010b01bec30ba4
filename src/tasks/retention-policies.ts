/** The retention policies: listed with the holds, set and removed. */
import {
  companySlugs,
  findCompany,
  findRunTemplate,
  type Hold,
  listHolds,
  listPolicies,
  type NewPolicy,
  type Policy,
  removePolicy as remove,
  setPolicy as set,
} from '../cleanup/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import type { TaskContext } from './context.ts';

export interface Retention {
  readonly policies: readonly Policy[];
  readonly holds: readonly Hold[];
  /** Of the companies that they are for, by their ids. */
  readonly slugs: ReadonlyMap<bigint, string>;
}

/** @throws NOT_MIGRATED */
export async function listRetention({ engine }: TaskContext): Promise<Retention> {
  await requireMigrated(engine);
  const policies = await listPolicies(engine);
  const holds = await listHolds(engine);
  const companies = [...policies, ...holds].flatMap(({ company }) => (company === null ? [] : [company]));
  return { policies, holds, slugs: await companySlugs(engine, [...new Set(companies)]) };
}

export interface PolicyRequest extends Omit<NewPolicy, 'company'> {
  /** By slug or id; null for all companies. */
  readonly company: string | null;
}

/** Makes a policy, or changes the one for the same rows. @returns its id @throws NOT_MIGRATED, UNKNOWN_TARGET, USAGE */
export async function setPolicy({ engine }: TaskContext, request: PolicyRequest): Promise<bigint> {
  await requireMigrated(engine);
  const { company, template } = request;
  return set(engine, {
    ...request,
    company: company === null ? null : await findCompany(engine, company),
    template: template === null ? null : await findRunTemplate(engine, template),
  });
}

/** @throws NOT_MIGRATED, UNKNOWN_TARGET */
export async function removePolicy({ engine }: TaskContext, id: bigint): Promise<void> {
  await requireMigrated(engine);
  await remove(engine, id);
}
