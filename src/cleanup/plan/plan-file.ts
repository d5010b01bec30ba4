/** A plan as a file that a person can read and a later run carries out. */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as z from 'zod/mini';
import type { Engine } from '../../engines/index.ts';
import { COUNT, FINISHED, findInstallation, ID, INSTANT_TEXT } from '../../schema/index.ts';
import { fileFailure, parsedJson } from '../../system/index.ts';
import { moreDependents, moreRows, notAPlan, planOfAnother } from './failures.ts';
import { recount } from './make-plan.ts';
import type { PurgePlan } from './plan.ts';

const KEY = z.object({ at: INSTANT_TEXT, id: ID });

const PLAN = z.object({
  format: z.literal('multiflexi purge plan'),
  version: z.literal(1),
  made: INSTANT_TEXT,
  where: z.string(),
  // Plans have not said these two from the beginning.
  installation: z._default(z.nullable(z.string()), null),
  server: z._default(z.nullable(z.string()), null),
  jobs: z.array(
    z.object({
      company: ID,
      template: z.union([z.literal('all'), z.null(), ID]),
      statuses: z.array(z.enum(FINISHED)),
      before: KEY,
      spared: z.array(ID),
      archive: z.boolean(),
    }),
  ),
  logs: z.array(z.object({ company: z.nullable(ID), before: KEY, archive: z.boolean() })),
  tokensBefore: z.nullable(INSTANT_TEXT),
  historyBefore: z._default(z.nullable(INSTANT_TEXT), null),
  tables: z.array(
    z.object({
      table: z.enum(['logger', 'artifacts', 'job', 'token', 'housekeeping_run']),
      rows: COUNT,
      withTheirJob: COUNT,
      // Plans have not said it from the beginning.
      bytes: z._default(z.nullable(COUNT), null),
    }),
  ),
  companies: z.array(
    z.object({ id: ID, slug: z.string(), jobs: COUNT, oldest: INSTANT_TEXT, newest: INSTANT_TEXT }),
  ),
  dependents: z._default(
    z.array(
      z.object({
        key: z.string(),
        table: z.string(),
        columns: z.array(z.string()),
        target: z.string(),
        onDelete: z.string(),
        effect: z.enum(['deleted', 'unlinked', 'keep']),
        rows: COUNT,
        ofArchived: COUNT,
      }),
    ),
    [],
  ),
  hooks: z._default(
    z.array(z.object({ kind: z.enum(['trigger', 'rule']), table: z.string(), name: z.string() })),
    [],
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
    writeNew(file, `${text}\n`);
  } catch (error) {
    throw fileFailure(file, error, 'write');
  }
}

/** All of it or nothing: on a full disk no beginning of it stays. */
function writeNew(file: string, text: string): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(handle);
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
  const parsed = PLAN.safeParse(parsedJson(text));
  if (!parsed.success) throw notAPlan(file);
  const { format: _format, version: _version, ...plan } = parsed.data;
  // An address is all that older plans know; whose it is in the others is asked before they are carried out.
  if (plan.installation === null && plan.where !== engine.where)
    throw planOfAnother(plan.where, engine.where);
  return plan;
}

/**
 * Rows may have gone since, but none may have come under the plan: it has frozen its boundaries, so that only a job
 * that has ended since, or rows with an old date, can have.
 * @returns the plan as it counts now: what an earlier run of it has deleted is not expected again
 * @throws PLAN_OUTDATED, INDEX_MISSING
 */
export async function requireCurrent(engine: Engine, plan: PurgePlan): Promise<PurgePlan> {
  await requireSameDatabase(engine, plan);
  const now = await recount(engine, plan);
  const grown = plan.tables.find(
    ({ table, rows }) => (now.tables.find((other) => other.table === table)?.rows ?? 0) > rows,
  );
  if (!grown) {
    requireSameDependents(plan, now);
    return now;
  }
  const rows = now.tables.find(({ table }) => table === grown.table)?.rows ?? 0;
  throw moreRows(grown.table, grown.rows, rows);
}

/** @throws PLAN_OUTDATED where rows of other tables would be lost that the plan does not have */
function requireSameDependents(plan: PurgePlan, now: PurgePlan): void {
  const planned = new Map(plan.dependents.map(({ key, rows }) => [key, rows]));
  const grown = now.dependents.find(
    ({ key, effect, rows }) => effect !== 'keep' && rows > (planned.get(key) ?? 0),
  );
  if (grown) throw moreDependents(grown.table, planned.get(grown.key) ?? 0, grown.rows);
}

/** A clone has the id of its original: where it lies tells them apart. @throws PLAN_OUTDATED */
async function requireSameDatabase(engine: Engine, plan: PurgePlan): Promise<void> {
  if (plan.installation === null) return;
  const live = await findInstallation(engine);
  if (plan.installation !== live?.id)
    throw planOfAnother(
      `installation ${plan.installation} (${plan.where})`,
      `${live?.id === undefined ? 'an installation without an id' : `installation ${live.id}`} (${engine.where})`,
    );
  const isThere = plan.server !== null && plan.server === live.server;
  if (!isThere && plan.where !== engine.where) throw planOfAnother(plan.where, engine.where);
}
