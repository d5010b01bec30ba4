/** Makes a plan, and counts one again: reads only. */
import { type Engine, nowUtc } from '../../engines/index.ts';
import { patiently } from '../../pacing/index.ts';
import { type Database, findInstallation } from '../../schema/index.ts';
import type { RuleBook } from '../rules/rules.ts';
import { agedTables } from '../selection/aged-tables.ts';
import { Boundaries } from '../selection/boundaries.ts';
import { companySlugs } from '../selection/company-slugs.ts';
import { findDeleteHooks, findDependents } from '../selection/dependents.ts';
import { readHolds } from '../selection/held-rows.ts';
import { requireIndexesOfRules, requireIndexesOfWalks } from '../selection/required-indexes.ts';
import { type JobScope, jobScopes, type LogScope, logScopes } from '../selection/scopes.ts';
import { bytesOf } from './bytes.ts';
import { Counting } from './count.ts';
import type { FrozenPlan, PlannedCompany, PlannedTable, PurgePlan } from './plan.ts';

/**
 * Reads only; a table that somebody has locked is waited for. Its time follows what would be deleted, what the rules keep, and the number of run templates.
 * @param signal ends it between two queries
 * @param gone log entries that are to be counted as if they had been deleted before
 * @param boundaries those that are known already, of rows as they were just before
 * @throws INDEX_MISSING rather than to read whole tables; the signal's reason
 */
export function planPurge(
  engine: Engine,
  book: RuleBook,
  signal?: AbortSignal,
  gone: readonly LogScope[] = [],
  boundaries?: Boundaries,
): Promise<PurgePlan> {
  // Tried again, it looks for them anew, unless they were given.
  const plan = () =>
    planNow(engine, book, { gone, boundaries: boundaries ?? new Boundaries(engine) }, signal);
  return patiently(plan, { signals: [signal] });
}

async function planNow(
  engine: Engine,
  book: RuleBook,
  { gone, boundaries }: { readonly gone: readonly LogScope[]; readonly boundaries: Boundaries },
  signal?: AbortSignal,
): Promise<PurgePlan> {
  await requireIndexesOfRules(engine, book);
  const db = engine.kysely<Database>();
  const made = nowUtc();
  const holds = await readHolds(engine, db, [], made);
  const installation = await findInstallation(engine);
  const frozen = {
    made,
    where: engine.where,
    installation: installation?.id ?? null,
    server: installation?.server ?? null,
    jobs: await jobScopes(engine, book, holds, signal, boundaries),
    logs: await logScopes(engine, book, holds, signal, boundaries),
    tokensBefore: book.tokensBefore,
    historyBefore: book.historyBefore,
  };
  const { plan, count } = await counted(engine, frozen, signal, gone);
  const bytes = await bytesOf(engine, plan, count);
  return { ...plan, tables: plan.tables.map((line) => ({ ...line, bytes: bytes[line.table] })) };
}

/** The same boundaries, counted as things are now; a row is taken to be as large as before. @throws INDEX_MISSING */
export async function recount(engine: Engine, plan: PurgePlan, signal?: AbortSignal): Promise<PurgePlan> {
  await requireIndexesOfWalks(engine, plan);
  const { plan: now } = await counted(engine, plan, signal);
  const before = new Map(plan.tables.map((line) => [line.table, line]));
  const bytes = ({ table, rows }: PlannedTable) => {
    const known = before.get(table);
    if (!known || known.bytes === null) return null;
    return known.rows === 0 ? 0 : Math.round((known.bytes / known.rows) * rows);
  };
  return { ...now, tables: now.tables.map((line) => ({ ...line, bytes: bytes(line) })) };
}

async function counted(
  engine: Engine,
  { logs, jobs: planned, ...identity }: FrozenPlan,
  signal: AbortSignal | undefined,
  gone: readonly LogScope[] = [],
): Promise<{ plan: PurgePlan; count: Counting }> {
  const db = engine.kysely<Database>();
  const holds = await readHolds(engine, db);
  const dependents = await findDependents(engine);
  const count = new Counting(engine, holds, logs, dependents, gone);
  for (const scope of logs) {
    signal?.throwIfAborted();
    await count.logs(scope);
  }
  const jobs: JobScope[] = [];
  for (const scope of planned) {
    signal?.throwIfAborted();
    if (await count.jobs(scope)) jobs.push(scope);
  }
  const table = (name: PlannedTable['table'], rows: number, withTheirJob = 0): PlannedTable => ({
    table: name,
    rows,
    withTheirJob,
    bytes: null,
  });
  const aged: PlannedTable[] = [];
  for (const { table: name, timeline, before } of agedTables(identity))
    aged.push(table(name, await count.aged(timeline, before)));
  const plan: PurgePlan = {
    made: identity.made,
    where: identity.where,
    installation: identity.installation,
    server: identity.server,
    jobs,
    logs,
    tokensBefore: identity.tokensBefore,
    historyBefore: identity.historyBefore,
    tables: [
      table('logger', count.ownLogs + count.jobLogs, count.jobLogs),
      table('artifacts', count.artifacts, count.artifacts),
      table('job', count.jobCount),
      ...aged,
    ],
    companies: await withSlugs(engine, count),
    dependents: count.dependents(),
    hooks: await findDeleteHooks(engine, dependents),
  };
  return { plan, count };
}

async function withSlugs(engine: Engine, { companies }: Counting): Promise<PlannedCompany[]> {
  const slugs = await companySlugs(engine, [...companies.keys()]);
  return [...companies]
    .map(([id, count]) => ({ id, slug: slugs.get(id) ?? `${id} (which no longer exists)`, ...count }))
    .sort((a, b) => b.jobs - a.jobs || (a.id < b.id ? -1 : 1));
}
