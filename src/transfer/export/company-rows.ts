/**
 * Which rows belong to a company, by the foreign keys: those with its id, those without one that refer to such rows, and
 * what they refer to that belongs to nobody.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { CatalogTable, Engine } from '../../engines/index.ts';

/** The table whose rows are companies. */
export const COMPANY = 'company';

/** A foreign key of one column. */
export interface Link {
  readonly column: string;
  readonly nullable: boolean;
  readonly target: string;
  readonly targetColumn: string;
}

export interface CompanyTable {
  readonly table: CatalogTable;
  /** `own`: its rows belong to a company; `shared`: to nobody, and the company's rows refer to them. */
  readonly kind: 'own' | 'shared';
  readonly links: readonly Link[];
}

/** Of these tables those that have something of a company. @param tables parents first */
export function companyTables(tables: readonly CatalogTable[]): readonly CompanyTable[] {
  const own = new Set([COMPANY]);
  const linked = tables.map((table) => ({ table, links: linksOf(table) }));
  for (const { table, links } of linked)
    if (links.some(({ target }) => own.has(target) && target !== table.name)) own.add(table.name);
  const needed = new Set<string>();
  // Children stand behind their parents: what a shared table needs is needed as well.
  for (const { table, links } of [...linked].reverse())
    if (own.has(table.name) || needed.has(table.name)) for (const { target } of links) needed.add(target);
  return linked.flatMap(({ table, links }): CompanyTable[] => {
    if (own.has(table.name)) return [{ table, links, kind: 'own' }];
    return needed.has(table.name) ? [{ table, links, kind: 'shared' }] : [];
  });
}

function linksOf({ columns, foreignKeys }: CatalogTable): Link[] {
  return foreignKeys.flatMap(({ columns: [column, ...more], table, targetColumns: [targetColumn] }) => {
    const found = columns.find(({ name }) => name === column);
    if (!found || column === undefined || targetColumn === undefined || more.length > 0) return [];
    return [{ column, nullable: found.nullable, target: table, targetColumn }];
  });
}

/** A condition for the rows of each of these tables. Asks which shared rows are referred to. */
export async function companyRows(
  engine: Engine,
  db: Kysely<unknown>,
  tables: readonly CompanyTable[],
  company: bigint,
): Promise<ReadonlyMap<string, RawBuilder<unknown>>> {
  const conditions = new Map<string, RawBuilder<unknown>>([
    [COMPANY, sql`${columnOf(COMPANY, 'id')} = ${company}`],
  ]);
  for (const { table, kind, links } of tables)
    if (kind === 'own' && table.name !== COMPANY)
      conditions.set(table.name, belongs(table.name, links, conditions, company));
  for (const parent of [...tables].reverse()) {
    if (parent.kind !== 'shared') continue;
    conditions.set(parent.table.name, await referredTo(engine, db, parent.table.name, tables, conditions));
  }
  return conditions;
}

/** The column of the company decides, where there is one; else the rows that it refers to. */
function belongs(
  table: string,
  links: readonly Link[],
  conditions: ReadonlyMap<string, RawBuilder<unknown>>,
  company: bigint,
): RawBuilder<unknown> {
  const direct = links.find(({ target }) => target === COMPANY);
  const others = links.flatMap(({ column, target, targetColumn }) => {
    const condition = target === COMPANY ? undefined : conditions.get(target);
    if (condition === undefined) return [];
    // Looked up row by row: a list of all that the company has would be made anew for each page.
    return [
      sql`exists (select 1 from ${sql.table(target)}
        where ${columnOf(target, targetColumn)} = ${columnOf(table, column)} and ${condition})`,
    ];
  });
  const byOthers = others.length === 0 ? sql`1 = 0` : sql`(${sql.join(others, sql` or `)})`;
  if (!direct) return byOthers;
  const ofCompany = columnOf(table, direct.column);
  const byCompany = sql`${ofCompany} = ${company}`;
  if (!direct.nullable) return byCompany;
  return sql`(${byCompany} or (${ofCompany} is null and ${byOthers}))`;
}

/** With its table, as conditions of several tables are in one another. */
function columnOf(table: string, column: string): RawBuilder<unknown> {
  return sql`${sql.table(table)}.${sql.ref(column)}`;
}

/** Shared rows are few: applications, accounts, prototypes. */
async function referredTo(
  engine: Engine,
  db: Kysely<unknown>,
  name: string,
  tables: readonly CompanyTable[],
  conditions: ReadonlyMap<string, RawBuilder<unknown>>,
): Promise<RawBuilder<unknown>> {
  const ids = new Set<bigint>();
  let by = 'id';
  for (const { table, links } of tables)
    for (const { column, target, targetColumn } of links) {
      const condition = conditions.get(table.name);
      if (target !== name || condition === undefined) continue;
      by = targetColumn;
      const { rows } = await sql<{ id: bigint }>`
        select distinct ${sql.ref(column)} as id from ${sql.table(table.name)}
        where ${sql.ref(column)} is not null and ${condition}`.execute(db);
      for (const { id } of rows) ids.add(id);
    }
  return ids.size === 0 ? sql`1 = 0` : engine.among(by, [...ids]);
}
