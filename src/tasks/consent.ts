/** What somebody has to confirm before a task goes on, as data, and what he has confirmed. */
import { hash } from 'node:crypto';
import type { Oversized, PlannedDependent, PurgePlan } from '../cleanup/index.ts';
import type { Loss } from '../migrations/index.ts';

export type Consent =
  | OversizedConsent
  | DependentsConsent
  | LossesConsent
  | OriginConsent
  | RemovalConsent
  | RebuildConsent
  | WrittenSinceConsent;

/** More than a share of all jobs, or of one company's, would be deleted. */
export interface OversizedConsent {
  readonly kind: 'oversized';
  /** In percent. */
  readonly guard: number;
  readonly oversized: readonly Oversized[];
  /** Jobs that would be deleted; their number confirms it. */
  readonly jobs: number;
  readonly confirmedBy: string;
}

/** Rows of tables that are not ours would be lost with ours, or triggers run of which nobody knows what they delete. */
export interface DependentsConsent {
  readonly kind: 'dependents';
  readonly dependents: readonly PlannedDependent[];
  readonly hooks: PurgePlan['hooks'];
  readonly confirmedBy: string;
}

/** A change of the schema would destroy values. */
export interface LossesConsent {
  readonly kind: 'losses';
  readonly losses: readonly Loss[];
  readonly confirmedBy: string;
}

/** Rows of another installation would be put into this one. */
export interface OriginConsent {
  readonly kind: 'origin';
  /** In words. */
  readonly differences: readonly string[];
  readonly confirmedBy: string;
}

/** Archives would be removed, and nothing of them could be put back. */
export interface RemovalConsent {
  readonly kind: 'removal';
  readonly archives: readonly string[];
  readonly jobs: number;
  /** The run of some was interrupted, or is running. */
  readonly incomplete: boolean;
  readonly confirmedBy: string;
}

/** Others would have to wait until tables are written anew. */
export interface RebuildConsent {
  readonly kind: 'rebuild';
  /** Empty for the whole database. */
  readonly tables: readonly string[];
  readonly blocks: 'writers' | 'everybody';
  /** How long that takes, in milliseconds; null where it is not known. */
  readonly milliseconds: number | null;
  readonly confirmedBy: string;
}

/** Rows that were written to the database that was left, after it was left, would be replaced by those of the present one. */
export interface WrittenSinceConsent {
  readonly kind: 'written-since';
  readonly where: string;
  readonly tables: readonly string[];
  readonly confirmedBy: string;
}

export interface Confirmation {
  readonly kind: Consent['kind'];
  /** The number or token of the consent: who gives it has seen what it stands for. */
  readonly confirmedBy: string;
}

/** `everything` is for whoever accepts what the task may ask, unseen. */
export type Confirmed = 'everything' | readonly Confirmation[];

/** A word that stands for exactly this. */
export function tokenOf(seen: unknown): string {
  const text = JSON.stringify(seen, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return hash('sha256', text, 'hex').slice(0, 8);
}

/** @param source of the rows that would be put here @returns none where nothing differs */
export function originConsents(differences: readonly string[], source: unknown): OriginConsent[] {
  return differences.length === 0
    ? []
    : [{ kind: 'origin', differences, confirmedBy: tokenOf([differences, source]) }];
}

export function isConfirmed({ kind, confirmedBy }: Consent, confirmed: Confirmed): boolean {
  if (confirmed === 'everything') return true;
  return confirmed.some((one) => one.kind === kind && one.confirmedBy === confirmedBy);
}
