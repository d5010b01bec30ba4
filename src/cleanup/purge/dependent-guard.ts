/** Keeps rows from being deleted for whose sake rows of other tables would be lost, and counts those that may be. */

import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { counted } from '../../written-numbers.ts';
import {
  type Chosen,
  countDependents,
  countReferring,
  dependedOn,
  referredBy,
} from '../selection/dependent-rows.ts';
import {
  columnsOf,
  type Dependent,
  endsInPurged,
  keyOf,
  nameOf,
  type PurgedTable,
  tableOf,
} from '../selection/dependents.ts';
import { rowsKept } from './failures.ts';

export interface Refusal {
  readonly id: bigint;
  readonly reason: string;
}

/** Rows that are to be deleted: by their key, or jobs with what is theirs. */
export interface ChosenRows {
  readonly table: PurgedTable;
  readonly ids: readonly bigint[];
}

export interface Guarding {
  /** The foreign keys of which somebody knows that rows are lost by them. */
  readonly confirmed: ReadonlySet<string>;
  /** Whether rows that should be lost by them may be kept, without what they refer to: by a trigger, or in circles. */
  readonly watches: boolean;
}

/** What rows referred by before a deletion, by which none may refer behind it. */
export type Watched = readonly { readonly dependent: Dependent; readonly values: readonly unknown[] }[];

export class DependentGuard {
  private readonly engine: Engine;
  private readonly dependents: readonly Dependent[];
  private readonly guarding: Guarding;

  constructor(engine: Engine, dependents: readonly Dependent[], guarding: Guarding) {
    this.engine = engine;
    this.dependents = dependents;
    this.guarding = guarding;
  }

  /** Whether a row of the table may turn out to be one that cannot be deleted. */
  mayRefuse(table: PurgedTable): boolean {
    return this.of(table).length > 0;
  }

  /**
   * Those of the rows that cannot or must not be deleted. What one of them refers to stays with it: by a cascade it would
   * be lost though it was refused, with all that depends on it.
   * @param archived those of them that are saved first
   */
  async refusals(
    db: Kysely<unknown>,
    { table, ids }: ChosenRows,
    archived: ReadonlySet<bigint>,
  ): Promise<ReadonlyMap<bigint, string>> {
    const refused = new Map<bigint, string>();
    let asked = this.of(table);
    for (let known = -1; known < refused.size; ) {
      known = refused.size;
      const left = ids.filter((id) => !refused.has(id));
      for (const dependent of asked)
        await this.refuse(db, dependent, { table, ids: left }, archived, refused);
      // The others depend on what they depended on before.
      asked = asked.filter(endsInPurged);
    }
    return refused;
  }

  private async refuse(
    db: Kysely<unknown>,
    dependent: Dependent,
    { table, ids }: ChosenRows,
    archived: ReadonlySet<bigint>,
    refused: Map<bigint, string>,
  ): Promise<void> {
    const mayBeLost = dependent.effect !== 'keep' && this.guarding.confirmed.has(keyOf(dependent));
    const asked = mayBeLost ? ids.filter((id) => archived.has(id) && !refused.has(id)) : ids;
    if (asked.length === 0) return;
    const key = isOfJob(dependent, table) ? 'job_id' : 'id';
    const found = await dependedOn(db, dependent, key, this.chosen({ table, ids: asked }));
    for (const id of found) refused.set(id, reasonOf(dependent, archived.has(id)));
  }

  /** How many rows will be deleted or lose their link with these, by table. */
  async count(db: Kysely<unknown>, rows: ChosenRows): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const dependent of this.of(rows.table)) {
      const n = await countDependents(db, dependent, this.chosen(rows));
      if (n > 0) counts.set(nameOf(dependent), (counts.get(nameOf(dependent)) ?? 0) + n);
    }
    return counts;
  }

  /** Before the deletion. */
  async watch(db: Kysely<unknown>, rows: ChosenRows): Promise<Watched> {
    if (!this.guarding.watches) return [];
    const watched: { dependent: Dependent; values: readonly unknown[] }[] = [];
    for (const dependent of this.of(rows.table)) {
      if (dependent.effect === 'keep') continue;
      for (const values of await referredBy(db, dependent, this.chosen(rows)))
        if (values.every((value) => value !== null)) watched.push({ dependent, values });
    }
    return watched;
  }

  /** After the deletion. @throws ROWS_KEPT where a row has been kept that refers to one that is gone */
  async requireGone(db: Kysely<unknown>, { table, ids }: ChosenRows, watched: Watched): Promise<void> {
    for (const { dependent, values } of watched) {
      const [step] = dependent.path.slice(-1);
      const kept = step ? await countReferring(db, step, values) : 0;
      if (kept > 0)
        throw rowsKept(`${counted(kept, 'row')} of ${nameOf(dependent)} would refer to deleted rows`);
    }
    for (const { root, path, effect } of this.of(table)) {
      const [first, ...further] = path;
      if (effect === 'keep' || root !== table || !first || further.length > 0) continue;
      const place = first.targetColumns.indexOf('id');
      if (place === -1) continue;
      // Of several columns that refer together, one that is null makes the row refer to nothing.
      const whole = first.columns.map((column) => sql`${sql.id(column)} is not null`);
      const { rows } = await sql<{ n: bigint }>`
        select count(*) as n from (
          select ${sql.id(first.columns[place] ?? '')} as reference from ${tableOf(first)}
          where ${sql.join(whole, sql` and `)}) as kept
        where ${this.engine.among('kept.reference', ids)}`.execute(db);
      if ((rows[0]?.n ?? 0n) > 0n)
        throw rowsKept(
          `${counted(Number(rows[0]?.n), 'row')} of ${nameOf({ path: [first] })} would refer to deleted rows`,
        );
    }
  }

  private of(table: PurgedTable): readonly Dependent[] {
    return this.dependents.filter((dependent) => dependent.root === table || isOfJob(dependent, table));
  }

  private chosen({ table, ids }: ChosenRows): Chosen {
    return (other, name) => {
      if (other === table) return this.engine.among(`${name}.id`, ids);
      const isChild = table === 'job' && (other === 'artifacts' || other === 'logger');
      return isChild ? this.engine.among(`${name}.job_id`, ids) : null;
    };
  }
}

/** With a job its artifacts and log entries are deleted. */
function isOfJob({ root }: Dependent, table: PurgedTable): boolean {
  return table === 'job' && (root === 'artifacts' || root === 'logger');
}

function reasonOf(dependent: Dependent, archived: boolean): string {
  const { onDelete = '' } = dependent.path.at(-1) ?? {};
  const by = `${nameOf(dependent)} refers to ${dependent.path.length === 1 && dependent.root === 'job' ? 'it' : 'rows deleted with it'} (${columnsOf(dependent).join(', ')}, on delete ${onDelete})`;
  if (dependent.effect === 'keep') return by;
  return `${by}, and ${archived ? 'its rows cannot be archived' : 'deleting its rows was not confirmed'}`;
}
