/**
 * Rows of other tables that depend on rows of a purge: an administrator's own tables with foreign keys to ours, at any
 * depth. What their rules do on a deletion nobody would count or save, so it is asked for before anything is deleted.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Catalogue, DeleteHook, Reference } from '../../engines/index.ts';
import { referenceUnseen } from './failures.ts';

/** The tables of which a purge deletes rows. */
export const PURGED = ['job', 'artifacts', 'logger', 'token', 'housekeeping_run'] as const;
export type PurgedTable = (typeof PURGED)[number];

/** Foreign keys whose rows a purge deletes itself, or that mean nothing any more: a hold that is over. */
const OURS: readonly (readonly [table: string, column: string, target: string])[] = [
  ['artifacts', 'job_id', 'job'],
  ['logger', 'job_id', 'job'],
  ['retention_hold', 'job_id', 'job'],
];

/** What becomes of the rows that depend: they are deleted, lose their link, or keep what they refer to. */
export type Effect = 'deleted' | 'unlinked' | 'keep';

export interface Dependent {
  readonly root: PurgedTable;
  /** From the root outwards; the last one is the table whose rows depend. */
  readonly path: readonly Reference[];
  readonly effect: Effect;
}

/**
 * Reads the catalogue alone.
 * @throws PERMISSION_DENIED where a table refers to ours that this account may not see: nobody could count what goes with it
 */
export async function findDependents(engine: Catalogue): Promise<readonly Dependent[]> {
  const unseen = await engine.unseenReferences();
  const [first] = unseen.visible ? unseen.seen.filter(({ target }) => isPurged(target)) : [];
  if (first) throw referenceUnseen(first.from, first.target);
  const references = await engine.references();
  const beyond = (path: readonly Reference[], root: PurgedTable): Dependent[] => {
    const last = path.at(-1);
    const next = references.filter((reference) =>
      last
        ? reference.target === last.table && reference.targetSchema === last.schema
        : reference.target === root && reference.targetSchema === null,
    );
    return next
      .filter((reference) => !isOurs(reference) && !path.includes(reference))
      .flatMap((reference) => {
        const effect = effectOf(reference);
        const one = { root, path: [...path, reference], effect };
        return effect === 'deleted' ? [one, ...beyond(one.path, root)] : [one];
      });
  };
  return PURGED.flatMap((root) => beyond([], root));
}

export async function findDeleteHooks(engine: Catalogue): Promise<readonly DeleteHook[]> {
  return engine.deleteHooks(PURGED);
}

function isPurged(table: string): boolean {
  return PURGED.some((purged) => purged === table);
}

function isOurs({ schema, table, columns, target, targetSchema }: Reference): boolean {
  return (
    schema === null &&
    targetSchema === null &&
    OURS.some(([ours, column, to]) => table === ours && target === to && columns.join() === column)
  );
}

/** A row that would be deleted though it was never chosen keeps the one that it refers to: it may be a running job. */
function effectOf({ schema, table, onDelete }: Reference): Effect {
  if (onDelete === 'cascade')
    return schema === null && PURGED.some((purged) => purged === table) ? 'keep' : 'deleted';
  return onDelete === 'set null' || onDelete === 'set default' ? 'unlinked' : 'keep';
}

/** The table as a person would name it, of another schema with that. */
export function nameOf({ path }: Pick<Dependent, 'path'>): string {
  const last = path.at(-1);
  return last ? `${last.schema === null ? '' : `${last.schema}.`}${last.table}` : '';
}

/** As it stands in a statement: a name may have dots in it, which mean nothing there. */
export function tableOf({ schema, table }: Pick<Reference, 'schema' | 'table'>): RawBuilder<unknown> {
  return schema === null ? sql.id(table) : sql.id(schema, table);
}

/** Whether the rows that depend are of a table of which a purge deletes rows itself. */
export function endsInPurged({ path }: Pick<Dependent, 'path'>): boolean {
  const last = path.at(-1);
  return last?.schema === null && PURGED.some((table) => table === last.table);
}

/** The same foreign key, found at another time. */
export function keyOf({ root, path }: Pick<Dependent, 'root' | 'path'>): string {
  return [root, ...path.map(({ schema, table, columns }) => `${schema ?? ''}.${table}(${columns})`)].join(
    ' <- ',
  );
}

/**
 * Which rows are deleted: a condition on a table under the name given; null where none of the table are.
 * Those of a job are the ones that are deleted with it.
 */
export type Chosen = (table: PurgedTable, name: string) => RawBuilder<boolean> | null;

export async function countDependents(
  db: Kysely<unknown>,
  dependent: Dependent,
  chosen: Chosen,
): Promise<number> {
  const where = rowsOf(dependent, chosen);
  if (!where) return 0;
  const { rows } = await sql<{ n: bigint }>`select count(*) as n ${where}`.execute(db);
  return Number(rows[0]?.n ?? 0n);
}

/** Those of the chosen rows, or of their jobs, that rows depend on. @param key its column in the root's table */
export async function dependedOn(
  db: Kysely<unknown>,
  dependent: Dependent,
  key: 'id' | 'job_id',
  chosen: Chosen,
): Promise<readonly bigint[]> {
  const where = rowsOf(dependent, chosen);
  if (!where) return [];
  const { rows } = await sql<{ id: bigint }>`
    select distinct ${sql.ref(`root.${key}`)} as id ${where}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Those that are chosen themselves depend on nothing. */
function rowsOf({ root, path }: Dependent, chosen: Chosen): RawBuilder<unknown> | undefined {
  const isChosen = chosen(root, 'root');
  if (!isChosen) return undefined;
  const joins = path.map(({ schema, table, columns, targetColumns }, place) => {
    const target = place === 0 ? 'root' : `d${place - 1}`;
    const same = columns.map(
      (column, n) => sql`${sql.id(`d${place}`, column)} = ${sql.id(target, targetColumns[n] ?? '')}`,
    );
    return sql`join ${tableOf({ schema, table })} as ${sql.id(`d${place}`)}
      on ${sql.join(same, sql` and `)}`;
  });
  const last = path.at(-1);
  const purged = last?.schema === null ? PURGED.find((table) => table === last.table) : undefined;
  const goesToo = purged && chosen(purged, `d${path.length - 1}`);
  const others = goesToo ? sql` and coalesce(${goesToo}, ${sql.lit(false)}) = ${sql.lit(false)}` : sql``;
  return sql`from ${sql.table(root)} as root ${sql.join(joins, sql` `)} where ${isChosen}${others}`;
}
