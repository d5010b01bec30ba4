/** A plan as a file that a person can read and a later run carries out. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod/mini';
import type { Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { fileFailure } from '../file-failure.ts';
import { FINISHED } from '../schema/index.ts';
import { type PurgePlan, recount } from './plan.ts';

const bigint = z.pipe(
  z.string().check(z.regex(/^-?\d{1,19}$/)),
  z.transform((text: string) => BigInt(text)),
);
const count = z.number().check(z.int(), z.minimum(0));
const instant = z.string().check(z.regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/));
const KEY = z.object({ at: instant, id: bigint });

const PLAN = z.object({
  format: z.literal('multiflexi purge plan'),
  version: z.literal(1),
  made: instant,
  where: z.string(),
  jobs: z.array(
    z.object({
      company: bigint,
      template: z.union([z.literal('all'), z.null(), bigint]),
      onlyCompany: z.boolean(),
      statuses: z.array(z.enum(FINISHED)),
      before: KEY,
      spared: z.array(bigint),
      archive: z.boolean(),
    }),
  ),
  logs: z.array(z.object({ company: z.nullable(bigint), before: KEY, archive: z.boolean() })),
  tokensBefore: z.nullable(instant),
  historyBefore: z._default(z.nullable(instant), null),
  tables: z.array(
    z.object({
      table: z.enum(['logger', 'artifacts', 'job', 'token', 'housekeeping_run']),
      rows: count,
      withTheirJob: count,
      // Plans have not said it from the beginning.
      bytes: z._default(z.nullable(count), null),
    }),
  ),
  companies: z.array(
    z.object({ id: bigint, slug: z.string(), jobs: count, oldest: instant, newest: instant }),
  ),
});

/** @throws FILE_FAILED, also when the file is there already */
export function savePlan(file: string, plan: PurgePlan): void {
  const text = JSON.stringify(
    { format: 'multiflexi purge plan', version: 1, ...plan },
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
    2,
  );
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw fileFailure(file, error, 'write');
  }
}

/** @throws FILE_FAILED; FILE_DAMAGED for what is no plan; PLAN_OUTDATED for one of another database */
export function readPlan(engine: Engine, file: string): PurgePlan {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fileFailure(file, error, 'read');
  }
  const parsed = PLAN.safeParse(tryJson(text));
  if (!parsed.success) {
    throw new MultiFlexiError('FILE_DAMAGED', `The file ${file} is no plan of this program.`, {
      next: 'Make one with --dry-run --save-plan FILE.',
    });
  }
  const { format: _format, version: _version, ...plan } = parsed.data;
  if (plan.where !== engine.where) {
    throw new MultiFlexiError(
      'PLAN_OUTDATED',
      `The plan was made for ${plan.where}, not for ${engine.where}.`,
      {
        next: 'Nothing was deleted. Make a plan of this database.',
      },
    );
  }
  return plan;
}

/**
 * Rows may have gone since, but none may have come under the plan: it has frozen its boundaries, so that only a job
 * that has ended since, or rows with an old date, can have.
 * @returns the plan as it counts now: what an earlier run of it has deleted is not expected again
 * @throws PLAN_OUTDATED, INDEX_MISSING
 */
export async function requireCurrent(engine: Engine, plan: PurgePlan): Promise<PurgePlan> {
  const now = await recount(engine, plan);
  const grown = plan.tables.find(
    ({ table, rows }) => (now.tables.find((other) => other.table === table)?.rows ?? 0) > rows,
  );
  if (!grown) return now;
  const rows = now.tables.find(({ table }) => table === grown.table)?.rows;
  throw new MultiFlexiError(
    'PLAN_OUTDATED',
    `The plan speaks of ${grown.rows} rows of ${grown.table}; by now it would delete ${rows}.`,
    { next: 'Nothing was deleted. Make a new plan and read it.' },
  );
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
