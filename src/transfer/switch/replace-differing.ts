/** Makes the rows that differ what they are in the source: what it does not have goes first, then the others are written. */
import { isMultiFlexiError } from '../../errors.ts';
import type { Side } from '../digest/portions.ts';
import { keyOf, keyValues, nameOfKey, type RowKey } from '../digest/row-digests.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import type { Row } from '../row-stream/values.ts';
import { readRows } from '../rows/read-rows.ts';
import { areKeys, deleteRows, writeOver } from '../rows/replace-rows.ts';
import { type ComparedRange, differencesOf } from './compared-ranges.ts';
import { makeWay } from './make-way.ts';
import type { PassRequest } from './pass-request.ts';

export interface RemovedRows {
  readonly removed: number;
  /** Ranges with rows that others refer to, until these are written: they are to be removed once more then. */
  readonly referredTo: readonly ComparedRange[];
}

/** Rows that the source does not have. What refers to a row goes before it: from the last table to the first. */
export async function removeSurplus(
  request: PassRequest,
  compared: readonly ComparedRange[],
): Promise<RemovedRows> {
  let removed = 0;
  const referredTo: ComparedRange[] = [];
  for (const one of compared.toReversed()) {
    if (!one.differs) continue;
    try {
      removed += await removeFrom(request, one);
    } catch (error) {
      if (!isMultiFlexiError(error, 'CONSTRAINT')) throw error;
      referredTo.push(one);
    }
  }
  return { removed, referredTo };
}

export async function removeFrom(request: PassRequest, one: ComparedRange): Promise<number> {
  const { surplus } = await differencesOf(request, one);
  if (surplus.length === 0) return 0;
  return deleteRows(request.target, one.moved.table, surplus.map(keyValues), request.signal);
}

/** Rows that the target does not have, or has others of. */
export async function writeDiffering(
  request: PassRequest,
  all: readonly ComparedRange[],
  one: ComparedRange,
): Promise<number> {
  try {
    return await writeTo(request, one);
  } catch (error) {
    // Rows may have exchanged a value of a unique key: then neither of them can be written first.
    if (!isMultiFlexiError(error, 'CONSTRAINT') || one.moved.unique.length === 0) throw error;
    // Those before it are as they are to be.
    for (const other of all.slice(all.indexOf(one)))
      if (other.moved === one.moved && other.differs) {
        await makeWay(request.target, one.moved, other.range, request.signal);
        other.differences = null;
      }
    return writeTo(request, one);
  }
}

async function writeTo(request: PassRequest, one: ComparedRange): Promise<number> {
  const {
    sources: [source],
    target,
    signal,
    onRows,
  } = request;
  const { table, unique } = one.moved;
  const { missing, changed } = await differencesOf(request, one);
  if (missing.length + changed.length === 0) return 0;
  const places = table.key.map((name) => table.columns.findIndex((column) => column.name === name));
  const known = new Set(changed.map(nameOfKey));
  const isThere = (row: Row) => known.has(nameOfKey(keyOf(places.map((place) => row[place]))));
  const rows = () => rowsWith(source, table, [...missing, ...changed], signal);
  const written = await writeOver(target, table, rows, { isThere, hasUnique: unique.length > 0, signal });
  onRows?.(written);
  return written;
}

/** Rows that are read at a time. */
const ROWS_AT_ONCE = 500;

async function* rowsWith(
  { engine, db }: Side,
  table: RowStreamTable,
  keys: readonly RowKey[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Row[]> {
  for (let start = 0; start < keys.length; start += ROWS_AT_ONCE) {
    const some = keys.slice(start, start + ROWS_AT_ONCE).map(keyValues);
    yield* readRows(engine, db, table, { where: areKeys(engine, table, some), signal });
  }
}
