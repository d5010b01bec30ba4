/** A foreign key whose rows are looked at, and what becomes of those of them that refer to nothing. */
import { type RawBuilder, sql } from 'kysely';
import { ARCHIVED, type ArchivedTable } from '../archive/tables.ts';

export interface ForeignKey {
  readonly table: string;
  readonly column: string;
  readonly target: string;
  readonly onDelete: 'cascade' | 'restrict' | 'set null';
  /** The column with the instant at which a row was made; null where the table has none. */
  readonly madeAt: string | null;
}

export type ArchivedKey = ForeignKey & { readonly table: ArchivedTable };

/** As it is told, and by which its place is remembered. */
export function keyName({ table, column }: ForeignKey): string {
  return `${table}.${column}`;
}

/** Whether its rows can be archived, as whatever is deleted must be. */
export function isArchived(key: ForeignKey): key is ArchivedKey {
  return ARCHIVED.some((table) => table === key.table);
}

/** Rows that refer to something that is not there. @param name of the row's table in the statement */
export function leadsNowhere({ column, target }: ForeignKey, name: string): RawBuilder<boolean> {
  const reference = sql.ref(`${name}.${column}`);
  return sql<boolean>`(${reference} is not null and not exists (
    select 1 from ${sql.table(target)} as target where target.id = ${reference}))`;
}

/**
 * Rows that nobody holds. A job that is gone may be held nevertheless, and a company: the hold then keeps what is left.
 * @param at the instant at which the hold must be in force
 */
export function isFree(
  { table, column, onDelete }: ForeignKey,
  name: string,
  at: string,
): RawBuilder<boolean> {
  if (onDelete !== 'cascade') return sql<boolean>`1 = 1`;
  const held = (of: string) => sql<boolean>`not exists (select 1 from retention_hold as held
    where ${sql.ref(`held.${of}`)} = ${sql.ref(`${name}.${of}`)} and (held.until is null or held.until > ${at}))`;
  const byJob = column === 'job_id' && table !== 'retention_hold' ? [held('job_id')] : [];
  const byCompany = table === 'logger' ? [held('company_id')] : [];
  const all = [...byJob, ...byCompany];
  return all.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`${sql.join(all, sql` and `)}`;
}
