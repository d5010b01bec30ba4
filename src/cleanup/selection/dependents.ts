/**
 * Rows of other tables that depend on rows of a purge: an administrator's own tables with foreign keys to ours, at any
 * depth. What their rules do on a deletion nobody would count or save, so it is asked for before anything is deleted.
 */
import { type RawBuilder, sql } from 'kysely';
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

/** Longer paths lead in circles: what lies behind them keeps what it depends on. */
const LONGEST_PATH = 12;

/** What becomes of the rows that depend: they are deleted, lose their link, or keep what they refer to. */
export type Effect = 'deleted' | 'unlinked' | 'keep';

/** A foreign key on the way; of a table to itself it is followed for any number of times. */
export interface Step extends Reference {
  /** Others of the same table to itself whose rows go as well: from row to row, any of them may lead on. */
  readonly alsoBy: readonly Reference[];
}

export interface Dependent {
  readonly root: PurgedTable;
  /** From the root outwards; the last one is the table whose rows depend. */
  readonly path: readonly Step[];
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
  const references = (await engine.references()).filter((reference) => !isOurs(reference));
  const beyond = (path: readonly Step[], root: PurgedTable): Dependent[] => {
    const last = path.at(-1);
    return stepsFrom(last, root, references).flatMap((step) => {
      // A table's references to itself have led as far as they go already.
      if (last && isRepeated(last) && isRepeated(step)) return [];
      const whole = [...path, step];
      if (isCircle(path, step)) return [{ root, path: whole, effect: 'keep' as const }];
      const one = { root, path: whole, effect: effectOf(step) };
      return one.effect === 'deleted' ? [one, ...beyond(whole, root)] : [one];
    });
  };
  return PURGED.flatMap((root) => beyond([], root));
}

/** The foreign keys to the last table; those by which it loses rows of its own by rows of its own are one step. */
function stepsFrom(last: Step | undefined, root: PurgedTable, references: readonly Reference[]): Step[] {
  const next = references.filter((reference) =>
    last
      ? reference.target === last.table && reference.targetSchema === last.schema
      : reference.target === root && reference.targetSchema === null,
  );
  const [repeated, ...alsoBy] = next.filter(isRepeated).sort(byColumns);
  const others = next.filter((reference) => !isRepeated(reference)).map((one) => ({ ...one, alsoBy: [] }));
  return repeated ? [{ ...repeated, alsoBy }, ...others] : others;
}

function byColumns(one: Reference, other: Reference): number {
  return one.columns.join() < other.columns.join() ? -1 : 1;
}

/** The columns by which the last table refers. */
export function columnsOf({ path }: Pick<Dependent, 'path'>): readonly string[] {
  const last = path.at(-1);
  return last ? [last, ...last.alsoBy].flatMap(({ columns }) => columns) : [];
}

/**
 * Whether the way leads to a table for the second time. MySQL from 9.6 on leaves rows there that refer to deleted ones (seen in
 * 9.7), without a word.
 */
export function goesInCircles({ path }: Pick<Dependent, 'path'>): boolean {
  const tables = path.map(({ schema, table }) => JSON.stringify([schema, table]));
  return new Set(tables).size < tables.length;
}

/** Whether rows of the table are deleted with other rows of it: any number of times. */
export function isRepeated(reference: Reference): boolean {
  const { schema, table, target, targetSchema } = reference;
  return table === target && schema === targetSchema && effectOf(reference) === 'deleted';
}

/** The same foreign key for the third time, over other tables: rows may refer to one another in circles. */
function isCircle(path: readonly Step[], step: Step): boolean {
  if (path.length >= LONGEST_PATH) return true;
  return path.filter((one) => sameKey(one, step)).length > 1;
}

function sameKey(one: Reference, other: Reference): boolean {
  return (
    one.schema === other.schema &&
    one.table === other.table &&
    one.target === other.target &&
    one.targetSchema === other.targetSchema &&
    JSON.stringify([one.columns, one.targetColumns]) === JSON.stringify([other.columns, other.targetColumns])
  );
}

/** What acts on rows of others that are lost with those of a purge; it may keep them. */
export async function findCascadeHooks(
  engine: Catalogue,
  dependents: readonly Dependent[],
): Promise<readonly DeleteHook[]> {
  const lost = dependents.filter(({ effect }) => effect !== 'keep').flatMap(({ path }) => path.slice(-1));
  if (lost.length === 0) return [];
  return engine.cascadeHooks(lost.flatMap((step) => [step, ...step.alsoBy]));
}

/** What acts on the rows of a purge, and on those of others that are lost with them. */
export async function findDeleteHooks(
  engine: Catalogue,
  dependents: readonly Dependent[],
): Promise<readonly DeleteHook[]> {
  const found = [...(await engine.deleteHooks(PURGED)), ...(await findCascadeHooks(engine, dependents))];
  const named = new Map(found.map((hook) => [JSON.stringify([hook.kind, hook.table, hook.name]), hook]));
  return [...named.values()];
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
