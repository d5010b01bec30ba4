/**
 * Which indexes a purge walks down. Without one of them its queries read and sort whole tables, again for every
 * chunk, so it is refused with the index to make.
 */
import type { Kysely } from 'kysely';
import { type CatalogTable, type Engine, indexName } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { type Database, JOB_AGE, LOG_AGE, type Timeline } from '../schema/index.ts';
import type { JobRule, RuleBook } from './rules.ts';
import type { JobScope, LogScope } from './scopes.ts';

export interface RequiredIndex {
  readonly table: string;
  readonly columns: readonly string[];
}

/** What is frozen of a plan: it says which walks there will be. */
export interface Walks {
  readonly jobs: readonly Pick<JobScope, 'template'>[];
  readonly logs: readonly Pick<LogScope, 'company'>[];
  readonly tokensBefore: string | null;
  readonly historyBefore: string | null;
}

const OF_COMPANY = byAge(JOB_AGE, 'company_id', 'status');
const OF_TEMPLATE = byAge(JOB_AGE, 'run_template_id', 'status');
const NEWEST_JOBS = byAge(JOB_AGE);
const NEWEST_OF_TEMPLATE = byAge(JOB_AGE, 'run_template_id');
const LOGS_OF_COMPANY = byAge(LOG_AGE, 'company_id');
const NEWEST_LOGS = byAge(LOG_AGE);
/** A job's children are counted and deleted by these. */
const OF_JOB: readonly RequiredIndex[] = [
  { table: 'artifacts', columns: ['job_id'] },
  { table: 'logger', columns: ['job_id'] },
];
const TOKENS: RequiredIndex = { table: 'token', columns: ['until'] };
const HISTORY: RequiredIndex = { table: 'housekeeping_run', columns: ['started_at', 'id'] };

/** Refused before the rules are turned into scopes: looking for a boundary is a walk already. @throws INDEX_MISSING */
export async function requireIndexesOfRules(engine: Engine, book: RuleBook): Promise<void> {
  await requireIndexes(engine, await indexesOfRules(engine.kysely<Database>(), book));
}

/** The same for a plan whose boundaries are found. @throws INDEX_MISSING */
export async function requireIndexesOfWalks(engine: Engine, walks: Walks): Promise<void> {
  await requireIndexes(engine, indexesOfWalks(walks));
}

export function indexesOfWalks({ jobs, logs, tokensBefore, historyBefore }: Walks): RequiredIndex[] {
  return [
    ...(jobs.some(({ template }) => typeof template === 'bigint') ? [OF_TEMPLATE] : []),
    ...(jobs.some(({ template }) => typeof template !== 'bigint') ? [OF_COMPANY] : []),
    ...(jobs.length > 0 ? OF_JOB : []),
    ...(logs.length > 0 ? [LOGS_OF_COMPANY] : []),
    ...(tokensBefore === null ? [] : [TOKENS]),
    ...(historyBefore === null ? [] : [HISTORY]),
  ];
}

async function indexesOfRules(db: Kysely<Database>, book: RuleBook): Promise<RequiredIndex[]> {
  const logRules = book.logs ? (await companies(db, book)).map(book.logs) : [];
  const needed = new Set<RequiredIndex>();
  for (const [company, templates] of book.jobs ? await templatesByCompany(db, book) : []) {
    const rules = [...templates, null].map((template) => [template, book.jobs?.(company, template)] as const);
    // Where one rule holds for all of a company, its jobs are walked together.
    const apart = rules.some(([, rule]) => rule !== rules[0]?.[1] || looksAtTemplates(rule));
    for (const [template, rule] of rules) {
      if (!rule) continue;
      if (rule.keep !== null) needed.add(NEWEST_JOBS);
      needed.add(template === null || !apart ? OF_COMPANY : OF_TEMPLATE);
      if (template !== null && rule.keepPerTemplate !== null) needed.add(NEWEST_OF_TEMPLATE);
      for (const index of OF_JOB) needed.add(index);
    }
  }
  for (const rule of logRules) {
    if (!rule) continue;
    needed.add(LOGS_OF_COMPANY);
    if (rule.keep !== null) needed.add(NEWEST_LOGS);
  }
  if (book.tokensBefore !== undefined) needed.add(TOKENS);
  if (book.historyBefore !== undefined) needed.add(HISTORY);
  return [...needed];
}

function looksAtTemplates(rule: JobRule | undefined): boolean {
  return rule !== undefined && (rule.keepPerTemplate !== null || rule.keepLastSuccess);
}

/** Log entries can be of no company as well, unless one is named. */
async function companies(db: Kysely<Database>, { company }: RuleBook): Promise<(bigint | null)[]> {
  if (company !== null) return [company];
  const rows = await db.selectFrom('company').select('id').execute();
  return [...rows.map(({ id }) => id), null];
}

async function templatesByCompany(
  db: Kysely<Database>,
  { company }: RuleBook,
): Promise<Map<bigint, bigint[]>> {
  let query = db
    .selectFrom('company')
    .leftJoin('run_template', 'run_template.company_id', 'company.id')
    .select(['company.id as company', 'run_template.id as template']);
  if (company !== null) query = query.where('company.id', '=', company);
  const byCompany = Map.groupBy(await query.execute(), (row) => row.company);
  return new Map(
    [...byCompany].map(([id, rows]) => [id, rows.flatMap(({ template }) => template ?? [])] as const),
  );
}

async function requireIndexes(engine: Engine, needed: readonly RequiredIndex[]): Promise<void> {
  if (needed.length === 0) return;
  const tables = new Map((await engine.introspect()).map((table) => [table.name, table]));
  const missing = needed.filter((index) => !serves(tables.get(index.table), index));
  if (missing.length === 0) return;
  const names = missing.map(({ table, columns }) => `${table} (${columns.join(', ')})`);
  const statements = missing.flatMap((index) => statementsFor(engine, tables.get(index.table), index));
  throw new MultiFlexiError(
    'INDEX_MISSING',
    `Without an index on ${names.join(' and on ')} every chunk would read the whole table.`,
    {
      next: `Nothing was deleted. Make ${missing.length === 1 ? 'it' : 'them'}, then run the same command again: ${statements.map((statement) => `${statement};`).join(' ')} (multiflexi-cli db:verify --fix-plan shows all that the schema lacks.)`,
    },
  );
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
