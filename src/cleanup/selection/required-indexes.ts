/**
 * Which indexes a purge walks down. Without one of them its queries read and sort whole tables, again for every
 * chunk, so it is refused with the index to make.
 */
import type { Kysely } from 'kysely';
import { type CatalogTable, type Engine, indexName } from '../../engines/index.ts';
import { type Database, JOB_AGE, LOG_AGE, type Timeline } from '../../schema/index.ts';
import { type FrozenAges, type JobRule, type RuleBook, type Rules, resolve } from '../rules/rules.ts';
import { agedTables } from './aged-tables.ts';
import { indexesMissing } from './failures.ts';
import { type JobScope, type LogScope, looksAtTemplates } from './scopes.ts';

export interface RequiredIndex {
  readonly table: string;
  readonly columns: readonly string[];
}

/** What is frozen of a plan: it says which walks there will be. */
export interface Walks extends FrozenAges {
  readonly jobs: readonly Pick<JobScope, 'template'>[];
  readonly logs: readonly Pick<LogScope, 'company'>[];
}

const OF_COMPANY = byAge(JOB_AGE, 'company_id', 'status');
const OF_TEMPLATE = byAge(JOB_AGE, 'run_template_id', 'status');
const JOBS_OF_COMPANY = byAge(JOB_AGE, 'company_id');
const NEWEST_JOBS = byAge(JOB_AGE);
const NEWEST_OF_TEMPLATE = byAge(JOB_AGE, 'run_template_id');
const LOGS_OF_COMPANY = byAge(LOG_AGE, 'company_id');
const NEWEST_LOGS = byAge(LOG_AGE);
/** A job's children are counted and deleted by these. */
const OF_JOB: readonly RequiredIndex[] = [
  { table: 'artifacts', columns: ['job_id'] },
  { table: 'logger', columns: ['job_id'] },
];

/** Refused before the rules are turned into scopes: looking for a boundary is a walk already. @throws INDEX_MISSING */
export async function requireIndexesOfRules(engine: Engine, book: RuleBook): Promise<void> {
  await requireIndexes(engine, await indexesOfRules(engine.kysely<Database>(), book));
}

/** The same for a plan whose boundaries are found. @throws INDEX_MISSING */
export async function requireIndexesOfWalks(engine: Engine, walks: Walks): Promise<void> {
  await requireIndexes(engine, indexesOfWalks(walks));
}

export function indexesOfWalks({ jobs, logs, ...ages }: Walks): RequiredIndex[] {
  return [
    ...(jobs.some(({ template }) => typeof template === 'bigint') ? [OF_TEMPLATE] : []),
    ...(jobs.some(({ template }) => typeof template !== 'bigint') ? [OF_COMPANY] : []),
    ...(jobs.length > 0 ? OF_JOB : []),
    ...(logs.length > 0 ? [LOGS_OF_COMPANY] : []),
    ...ofAged(ages),
  ];
}

async function indexesOfRules(db: Kysely<Database>, { company, jobs, logs, ...ages }: RuleBook) {
  const needed = new Set<RequiredIndex>();
  const owners = company === null ? await companies(db) : [company];
  for (const owner of jobs ? owners : []) for (const index of ofJobRules(jobs, owner)) needed.add(index);
  for (const rule of logs ? [logs.all, ...logs.byCompany.values()] : []) {
    if (!rule) continue;
    needed.add(LOGS_OF_COMPANY);
    if (rule.keep !== null) needed.add(NEWEST_LOGS);
  }
  return [...needed, ...ofAged(ages)];
}

function ofAged(ages: FrozenAges): RequiredIndex[] {
  return agedTables(ages).map(({ table, index }) => ({ table, columns: index }));
}

/** Those that the rules for the jobs of a company walk. */
function* ofJobRules(jobs: Rules<JobRule> | undefined, company: bigint): Generator<RequiredIndex> {
  if (!jobs) return;
  const rules = [resolve(jobs, company, null), ...jobs.byTemplate.values()].filter(
    (rule) => rule !== undefined,
  );
  if (rules.length === 0) return;
  yield* OF_JOB;
  yield OF_COMPANY;
  if (looksAtTemplates(jobs, company)) yield* [OF_TEMPLATE, JOBS_OF_COMPANY];
  if (rules.some(({ keep }) => keep !== null)) yield NEWEST_JOBS;
  if (rules.some(({ keepPerTemplate }) => keepPerTemplate !== null)) yield NEWEST_OF_TEMPLATE;
}

async function companies(db: Kysely<Database>): Promise<readonly bigint[]> {
  return (await db.selectFrom('company').select('id').execute()).map(({ id }) => id);
}

async function requireIndexes(engine: Engine, needed: readonly RequiredIndex[]): Promise<void> {
  if (needed.length === 0) return;
  const tables = new Map((await engine.introspect()).map((table) => [table.name, table]));
  const missing = needed.filter((index) => !serves(tables.get(index.table), index));
  if (missing.length === 0) return;
  const names = missing.map(({ table, columns }) => `${table} (${columns.join(', ')})`);
  const statements = missing.flatMap((index) => statementsFor(engine, tables.get(index.table), index));
  throw indexesMissing(names, statements);
}

/** A longer index that begins with the columns in this order is walked in the same order. */
function serves(table: CatalogTable | undefined, { columns }: RequiredIndex): boolean {
  return (
    table?.indexes.some((index) => columns.every((column, place) => index.columns[place] === column)) ?? false
  );
}

function statementsFor(
  { ddl }: Engine,
  table: CatalogTable | undefined,
  needed: RequiredIndex,
): readonly string[] {
  const index = { ...needed, name: indexName(needed.table, needed.columns, false), unique: false };
  // One of that name on other columns is in the way.
  const inTheWay = table?.indexes.find(({ name }) => name === index.name);
  const drop = inTheWay ? ddl.dropIndex({ ...inTheWay, table: needed.table }) : [];
  return [...drop, ...ddl.createIndex(index, true)].map(({ sql }) => sql);
}

function byAge({ table, at }: Timeline, ...before: readonly string[]): RequiredIndex {
  return { table, columns: [...before, at, 'id'] };
}
