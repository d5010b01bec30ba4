/**
 * Whether a database is what another one is: read by a session of its own at the very end, and not by the copier's own way alone.
 * A fault of the copier that its digests would share shows in the counts as a whole, the largest ids, and the next ids.
 */
import { sql } from 'kysely';
import type { IdCounter } from '../../engines/index.ts';
import {
  isSameSum,
  largestId,
  type Portion,
  rangeWords,
  type Side,
  type SummingOptions,
  shared,
  sumOf,
} from '../digest/portions.ts';
import type { MovedTable } from './moved-tables.ts';

export interface Receipt {
  readonly tables: readonly ReceiptOfTable[];
}

export interface ReceiptOfTable {
  readonly table: string;
  readonly rows: number;
  /** 32 hexadecimal digits, as of an export. */
  readonly digest: string;
  readonly largestId: string | null;
}

export interface Verified {
  readonly receipt: Receipt;
  /** Sentences, without a full stop; none where both are the same. */
  readonly differences: readonly string[];
}

/** @param portions what the source has @param source while nobody writes to it @param targets opened for this alone */
export async function verifySame(
  tables: readonly MovedTable[],
  portions: readonly Portion[],
  source: Side,
  targets: readonly [Side, ...Side[]],
  options: SummingOptions,
): Promise<Verified> {
  const [target] = targets;
  const differences: string[] = [];
  const sums = await shared(targets, portions, (side, { table, range }) =>
    sumOf(side, table, range, options),
  );
  for (const [place, { table, range, sum }] of portions.entries()) {
    const there = sums[place];
    if (there && isSameSum(sum, there)) continue;
    differences.push(
      `${rangeWords(table, range)}: ${sum.rows} rows in the source, ${there?.rows} in the target, and other digests`,
    );
  }
  const receipts: ReceiptOfTable[] = [];
  for (const { table } of tables) {
    const [count, other] = [await countOf(source, table.name), await countOf(target, table.name)];
    if (count !== other)
      differences.push(`${table.name}: ${count} rows counted in the source, ${other} in the target`);
    const [largest, largestThere] = [await largestId(source, table), await largestId(target, table)];
    if (largest !== largestThere)
      differences.push(
        `${table.name}: the largest id is ${largest} in the source, ${largestThere} in the target`,
      );
    receipts.push(receiptOf(table.name, portions, largest));
  }
  differences.push(...(await reusedIds(tables, source, target)));
  return { receipt: { tables: receipts }, differences };
}

export function receiptOf(
  name: string,
  portions: readonly Portion[],
  largest: bigint | null,
): ReceiptOfTable {
  const [first, ...others] = portions.filter(({ table }) => table.name === name).map(({ sum }) => sum);
  const whole = first?.copy();
  for (const sum of others) whole?.addAll(sum);
  return {
    table: name,
    rows: whole?.rows ?? 0,
    digest: whole?.digest ?? '0'.repeat(32),
    largestId: largest === null ? null : String(largest),
  };
}

/** The server chooses the index: the smallest one, as a rule, and not that of the key. */
async function countOf({ db }: Side, table: string): Promise<bigint> {
  const { rows } = await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)}`.execute(db);
  return rows[0]?.n ?? 0n;
}

/** The next insert must not meet a row that is there, nor give the id of one that is gone and may be in an archive. */
async function reusedIds(tables: readonly MovedTable[], source: Side, target: Side): Promise<string[]> {
  const before = new Map((await countersOf(tables, source)).map(({ table, next }) => [table, next]));
  return (await countersOf(tables, target)).flatMap(({ table, next, largest }) => {
    const given = before.get(table) ?? 0n;
    if (next >= given && (largest === null || next > largest)) return [];
    return [`${table}: the next id would be ${next}, and the source would give ${given}`];
  });
}

function countersOf(tables: readonly MovedTable[], { engine, db }: Side): Promise<readonly IdCounter[]> {
  return engine.idCounters(
    db,
    tables.map(({ table }) => table.name),
  );
}

/** Ids that were given in the source are not given again, whatever became of their rows. */
export async function continueIds(tables: readonly MovedTable[], source: Side, target: Side): Promise<void> {
  const there = new Map((await countersOf(tables, target)).map(({ table, next }) => [table, next]));
  for (const { table, next } of await countersOf(tables, source))
    if (next > (there.get(table) ?? 0n)) await target.engine.catchUpIdentity(table, next - 1n);
}
