/** By which rules rows are deleted, as data. Of several rules that hold for a row the one for the fewest rows decides. */
import type { FINISHED } from '../../schema/index.ts';

export type FinishedStatus = (typeof FINISHED)[number];

export interface JobRule {
  /** The newest N jobs of all are kept. */
  readonly keep: number | null;
  /** The newest N jobs of each run template are kept. */
  readonly keepPerTemplate: number | null;
  /** The newest job of each run template that ended `ok` is kept. */
  readonly keepLastSuccess: boolean;
  /** Only jobs created before this instant are deleted. */
  readonly olderThan: string | null;
  readonly statuses: readonly FinishedStatus[];
  /** Jobs are saved to an archive before they are deleted, with what is theirs. */
  readonly archive?: boolean;
}

export interface LogRule {
  /** The newest N log entries of all are kept. */
  readonly keep: number | null;
  /** The newest N log entries of each company are kept. */
  readonly keepPerCompany: number | null;
  /** Only entries written before this instant are deleted. */
  readonly olderThan: string | null;
  /** Each limit is the most that is kept: what is beyond one of them is deleted, not only what is beyond all of them. */
  readonly atMost?: boolean;
  /** Entries are saved to an archive before they are deleted. */
  readonly archive?: boolean;
}

/** Rules of one kind of row: for all, and those that replace it for the rows of a company or of a run template. */
export interface Rules<Rule> {
  readonly all: Rule | undefined;
  readonly byCompany: ReadonlyMap<bigint, Rule>;
  readonly byTemplate: ReadonlyMap<bigint, Rule>;
}

/** Of rows that belong to nobody: before which instants they are deleted; null where they are kept. */
export interface FrozenAges {
  /** Tokens whose validity ended before. */
  readonly tokensBefore: string | null;
  /** Runs of housekeeping that began before. */
  readonly historyBefore: string | null;
}

/** The rules of one run, whoever made them: options of a command, or policies. */
export interface RuleBook extends FrozenAges {
  /** Nobody else's rows are touched; null for all companies. */
  readonly company: bigint | null;
  readonly jobs: Rules<JobRule> | undefined;
  readonly logs: Rules<LogRule> | undefined;
}

/**
 * The one answer to whose rule decides about a row: that of its run template, else that of its own company, else that
 * of all. A row belongs to the company that stands in it, wherever its run template has been moved since.
 */
export function resolve<Rule>(
  { all, byCompany, byTemplate }: Rules<Rule>,
  company: bigint | null,
  template: bigint | null,
): Rule | undefined {
  return (
    (template === null ? undefined : byTemplate.get(template)) ??
    (company === null ? undefined : byCompany.get(company)) ??
    all
  );
}

export function mapRules<From, To>(rules: Rules<From>, map: (rule: From) => To): Rules<To> {
  const mapped = (some: ReadonlyMap<bigint, From>) =>
    new Map([...some].map(([owner, rule]) => [owner, map(rule)]));
  return {
    all: rules.all === undefined ? undefined : map(rules.all),
    byCompany: mapped(rules.byCompany),
    byTemplate: mapped(rules.byTemplate),
  };
}

export function forAll<Rule>(rule: Rule): Rules<Rule> {
  return { all: rule, byCompany: new Map(), byTemplate: new Map() };
}

/** Rules that are the same for everybody. */
export function sameForAll(
  company: bigint | null,
  jobs: JobRule | undefined,
  logs: LogRule | undefined,
): RuleBook {
  return {
    company,
    jobs: jobs && forAll(jobs),
    logs: logs && forAll(logs),
    tokensBefore: null,
    historyBefore: null,
  };
}
