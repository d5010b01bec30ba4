/** Whose jobs are in a part of an archive, and of when: what its manifest says beside the number of rows. */
import * as z from 'zod/mini';
import { ID_TEXT } from '../../schema/index.ts';
import { notAPart } from './failures.ts';

const SUMMARY = z.object({
  companies: z.array(
    z.object({
      id: ID_TEXT,
      jobs: z.number(),
      oldest: z.string(),
      newest: z.string(),
    }),
  ),
  unconfirmed: z._default(z.boolean(), false),
});

export interface CompanyJobs {
  readonly id: bigint;
  readonly jobs: number;
  /** When the oldest and the newest of them were created. */
  readonly oldest: string;
  readonly newest: string;
}

export class Summary {
  /** Whether its last rows may still be in the database as well. */
  unconfirmed = false;
  private readonly byCompany = new Map<bigint, CompanyJobs>();

  addJob(company: bigint, created: string): void {
    this.add({ id: company, jobs: 1, oldest: created, newest: created });
  }

  addAll(other: Summary): void {
    for (const one of other.companies) this.add(one);
  }

  add(one: CompanyJobs): void {
    const known = this.byCompany.get(one.id) ?? { ...one, jobs: 0 };
    this.byCompany.set(one.id, {
      id: one.id,
      jobs: known.jobs + one.jobs,
      oldest: one.oldest < known.oldest ? one.oldest : known.oldest,
      newest: one.newest > known.newest ? one.newest : known.newest,
    });
  }

  /** The one with the most jobs first. */
  get companies(): CompanyJobs[] {
    return [...this.byCompany.values()].sort((a, b) => b.jobs - a.jobs || (a.id < b.id ? -1 : 1));
  }

  toJson(): Readonly<Record<string, unknown>> {
    return {
      companies: this.companies.map(({ id, ...counts }) => ({ id: String(id), ...counts })),
      ...(this.unconfirmed ? { unconfirmed: true } : {}),
    };
  }
}

/** @throws FILE_DAMAGED */
export function readSummary(file: string, json: unknown): Summary {
  const parsed = SUMMARY.safeParse(json);
  if (!parsed.success) throw notAPart(file);
  const summary = new Summary();
  summary.unconfirmed = parsed.data.unconfirmed;
  for (const { id, ...counts } of parsed.data.companies) summary.add({ id: BigInt(id), ...counts });
  return summary;
}
