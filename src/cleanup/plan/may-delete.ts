/**
 * Whether rules may delete anything at all, asked in a statement or a few: a plan takes dozens of them, which is too much
 * for what runs every hour and mostly finds nothing.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { patiently } from '../../pacing/index.ts';
import { type Database, JOB_AGE, LOG_AGE, type Timeline } from '../../schema/index.ts';
import type { JobRule, LogRule, RuleBook, Rules } from '../rules/rules.ts';
import { agedTables } from '../selection/aged-tables.ts';
import { Boundaries } from '../selection/boundaries.ts';
import { beginningOf, older } from '../selection/boundary.ts';
import { type OwnerColumn, ownersNamed } from '../selection/owners.ts';

/** With more rules than that a plan is made without asking first: the question would be no cheaper. */
const MOST_QUESTIONS = 50;

/** Of whom a question is asked. */
interface Owner {
  readonly column: OwnerColumn;
  readonly id: bigint;
}

/** Whether there is anything behind the newest so many of all: a boundary, which a plan then need not look for again. */
interface Newest {
  readonly timeline: Timeline;
  readonly keep: number;
}

type Question = RawBuilder<boolean> | Newest;

/**
 * False only where nothing would be deleted. True also where all that is old enough is kept for another reason, as a hold.
 * @param boundaries keeps those that it has found, for the plan
 * @throws the signal's reason
 */
export async function mayDelete(
  engine: Engine,
  book: RuleBook,
  signal?: AbortSignal,
  boundaries = new Boundaries(engine),
): Promise<boolean> {
  const { asked, newest } = questionsOf(engine, book);
  if (asked.length + newest.length > MOST_QUESTIONS) return true;
  const patient = <T>(ask: () => Promise<T>) => patiently(ask, { signals: [signal] });
  if (asked.length > 0) {
    const { rows } = await patient(() => anyOf(asked).execute(engine.kysely<Database>()));
    if (Number(rows[0]?.found) === 1) return true;
  }
  for (const { timeline, keep } of newest)
    if ((await patient(() => boundaries.newestOfAll(timeline, keep))) !== null) return true;
  return false;
}

export function anyOf(questions: readonly RawBuilder<boolean>[]): RawBuilder<{ found: number | bigint }> {
  return sql`select case when ${sql.join(questions, sql` or `)} then 1 else 0 end as found`;
}

/** @returns those that one statement asks, and those that are asked one by one */
export function questionsOf(
  engine: Engine,
  { company, jobs, logs, ...ages }: RuleBook,
): { readonly asked: readonly RawBuilder<boolean>[]; readonly newest: readonly Newest[] } {
  const ofAll = company === null ? undefined : ({ column: 'company_id', id: company } as const);
  const questions: readonly Question[] = [
    ...agedTables(ages).map(({ timeline, before }) => isAnyOlder(timeline, before, undefined)),
    ...each(logs, ofAll, (rule, owner) => ofLogs(engine, rule, owner)),
    ...each(jobs, ofAll, (rule, owner) => ofJobs(engine, rule, owner)),
  ];
  return {
    asked: questions.filter(isInSql),
    newest: questions.filter((one): one is Newest => !isInSql(one)),
  };
}

function isInSql(question: Question): question is RawBuilder<boolean> {
  return 'isRawBuilder' in question;
}

function each<Rule>(
  rules: Rules<Rule> | undefined,
  ofAll: Owner | undefined,
  ask: (rule: Rule, owner: Owner | undefined) => readonly Question[],
): readonly Question[] {
  if (!rules) return [];
  return [
    ...(rules.all === undefined ? [] : ask(rules.all, ofAll)),
    ...[...rules.byCompany].flatMap(([id, rule]) => ask(rule, { column: 'company_id', id })),
    ...[...rules.byTemplate].flatMap(([id, rule]) => ask(rule, { column: 'run_template_id', id })),
  ];
}

/** Of limits that all must be passed, one is enough to ask for; the one by age needs the shortest look. */
function ofLogs(
  engine: Engine,
  { keep, keepPerCompany, olderThan, atMost = false }: LogRule,
  owner: Owner | undefined,
): readonly Question[] {
  const limits: readonly Question[] = [
    ...(olderThan === null ? [] : [isAnyOlder(LOG_AGE, olderThan, owner)]),
    ...(keep === null ? [] : [{ timeline: LOG_AGE, keep }]),
    ...(keepPerCompany === null
      ? []
      : [
          owner
            ? isAnyBeyond(LOG_AGE, keepPerCompany, owner)
            : hasAnyTooMany(
                ownersNamed(engine, 'logger', 'company_id'),
                LOG_AGE,
                'company_id',
                keepPerCompany,
              ),
        ]),
  ];
  // Entries of no company have a limit per company of their own there.
  const ofNobody =
    !atMost && !owner && limits.length === 1 && keepPerCompany !== null
      ? [isBeyond(LOG_AGE, keepPerCompany, sql`company_id is null`)]
      : [];
  return atMost ? limits : [...limits.slice(0, 1), ...ofNobody];
}

function ofJobs(
  engine: Engine,
  { keep, keepPerTemplate, olderThan }: JobRule,
  owner: Owner | undefined,
): readonly Question[] {
  if (olderThan !== null) return [isAnyOlder(JOB_AGE, olderThan, owner)];
  if (keep !== null) return [{ timeline: JOB_AGE, keep }];
  if (keepPerTemplate === null) return [];
  return owner?.column === 'run_template_id'
    ? [isAnyBeyond(JOB_AGE, keepPerTemplate, owner)]
    : [
        hasAnyTooMany(
          ownersNamed(engine, 'job', 'run_template_id'),
          JOB_AGE,
          'run_template_id',
          keepPerTemplate,
        ),
      ];
}

function isAnyOlder(timeline: Timeline, before: string, owner: Owner | undefined): RawBuilder<boolean> {
  const own = owner ? sql`${sql.ref(owner.column)} = ${owner.id} and ` : sql``;
  return sql<boolean>`exists (select 1 from ${sql.table(timeline.table)} where ${own}${older(timeline, beginningOf(before))})`;
}

function isAnyBeyond(timeline: Timeline, keep: number, owner: Owner): RawBuilder<boolean> {
  return isBeyond(timeline, keep, sql`${sql.ref(owner.column)} = ${owner.id}`);
}

/** Whether there is a row behind the newest so many; found by as many entries of an index. */
function isBeyond(
  { table, at }: Timeline,
  keep: number,
  condition: RawBuilder<unknown>,
): RawBuilder<boolean> {
  return sql<boolean>`(select id from ${sql.table(table)} where ${condition}
    order by ${sql.ref(at)} desc, id desc limit 1 offset ${sql.lit(keep)}) is not null`;
}

/** @param owners those that rows name, as a plan has it: one of them may be gone */
function hasAnyTooMany(
  owners: RawBuilder<unknown>,
  { table, at }: Timeline,
  column: OwnerColumn,
  keep: number,
): RawBuilder<boolean> {
  return sql<boolean>`exists (select 1 from (${owners}) as o where (
    select r.id from ${sql.table(table)} as r where ${sql.ref(`r.${column}`)} = o.id
    order by ${sql.ref(`r.${at}`)} desc, r.id desc limit 1 offset ${sql.lit(keep)}) is not null)`;
}
