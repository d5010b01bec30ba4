/**
 * Which indexes a purge walks down. Without one of them its queries read and sort whole tables, again for every
 * chunk, so it is refused with the index to make.
 */
import { type CatalogTable, type Engine, indexName } from '../../engines/index.ts';
import { JOB_AGE, LOG_AGE, type Timeline } from '../../schema/index.ts';
import { type FrozenAges, type JobRule, type RuleBook, type Rules, resolve } from '../rules/rules.ts';
import { agedTables } from './aged-tables.ts';
import { companiesWithRows } from './companies.ts';
import { wayOf } from './divisions.ts';
import { indexesMissing, noColumn, noTable, notTransactional } from './failures.ts';
import type { JobScope, LogScope } from './scopes.ts';

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
  await requireIndexes(engine, await indexesOfRules(engine, book));
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

async function indexesOfRules(engine: Engine, { company, jobs, logs, ...ages }: RuleBook) {
  const needed = new Set<RequiredIndex>();
  const owners = jobs ? await companiesWithRows(engine, 'job', company) : [];
  for (const owner of owners)
    for (const index of ofJobRules(jobs, owner, company !== null)) needed.add(index);
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
function* ofJobRules(
  jobs: Rules<JobRule> | undefined,
  company: bigint,
  only: boolean,
): Generator<RequiredIndex> {
  if (!jobs) return;
  const rules = [resolve(jobs, company, null), ...jobs.byTemplate.values()].filter(
    (rule) => rule !== undefined,
  );
  if (rules.length === 0) return;
  yield* OF_JOB;
  yield OF_COMPANY;
  const way = wayOf(jobs, company, only);
  if (way !== 'together')
    yield* [OF_TEMPLATE, way === 'by run template' ? NEWEST_OF_TEMPLATE : JOBS_OF_COMPANY];
  if (rules.some(({ keep }) => keep !== null)) yield NEWEST_JOBS;
  if (rules.some(({ keepPerTemplate }) => keepPerTemplate !== null)) yield NEWEST_OF_TEMPLATE;
}

async function requireIndexes(engine: Engine, needed: readonly RequiredIndex[]): Promise<void> {
  if (needed.length === 0) return;
  const tables = new Map((await engine.introspect()).map((table) => [table.name, table]));
  for (const index of needed) requireTable(engine, index, tables.get(index.table));
  const missing = needed.filter((index) => !serves(tables.get(index.table), index));
  if (missing.length === 0) return;
  const names = missing.map(({ table, columns }) => `${table} (${columns.join(', ')})`);
  const statements = missing.flatMap((index) => statementsFor(engine, tables.get(index.table), index));
  throw indexesMissing(names, statements);
}

/** Without transactions a chunk that is rolled back would have lost what it had deleted. @throws NOT_MIGRATED */
function requireTable(
  engine: Engine,
  { table: name, columns }: RequiredIndex,
  table: CatalogTable | undefined,
): void {
  if (!table) throw noTable(name);
  const missing = columns.find((column) => !table.columns.some((one) => one.name === column));
  if (missing !== undefined) throw noColumn(name, missing);
  const [ours] = engine.storage?.split(' ') ?? [];
  const [found] = table.storage?.split(' ') ?? [];
  if (found !== ours) throw notTransactional(name, found ?? '', ours ?? '', engine.restoreStorage(name));
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
