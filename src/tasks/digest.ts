/** Counts and digests of the database's tables, and what differs from another database. Reads only. */
import type { CatalogTable, Engine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { refuseForeign } from '../migrations/index.ts';
import { keepHeapSmall } from '../system/index.ts';
import {
  type ComparedTable,
  compareTable,
  digestTables,
  inSharedMoment,
  ofOneMoment,
  ourTables,
  type RowStreamTable,
  requireSavable,
  streamTableOf,
  type TableDigest,
  writableTables,
} from '../transfer/index.ts';
import { chosenTables } from './chosen-tables.ts';
import type { TaskContext } from './context.ts';
import { cannotBeSummed, noTablesOfOurs } from './failures.ts';

export interface DigestRequest {
  /** Undefined for all of this schema. */
  readonly tables?: readonly string[] | undefined;
}

export interface DigestOutcome {
  readonly tables: readonly TableDigest[];
  /** Tables of the database that are not of this schema, and were not named: they are not in it. */
  readonly leftOut: readonly string[];
}

/** More would wait for this process, which does the sums. */
const READERS = 2;

/** @throws FOREIGN_DATABASE, NOT_MIGRATED, UNKNOWN_TARGET, CANNOT_BE_SAVED for a table without a key or a column of an unknown type */
export async function digestDatabase(context: TaskContext, request: DigestRequest): Promise<DigestOutcome> {
  keepHeapSmall();
  const { engine, signal } = context;
  const { tables, leftOut } = await wanted(engine, request);
  const rows = await rowsOf(engine, tables);
  const onRows = progressOf(context, 'summing', rows);
  const digests = await inSharedMoment(engine, { readers: READERS, rows }, (sides) =>
    digestTables(sides, tables, { signal, onRows }),
  ).catch(explained);
  return { tables: digests, leftOut };
}

function explained(error: unknown): never {
  throw isMultiFlexiError(error, 'CANNOT_BE_SAVED') ? cannotBeSummed(error) : error;
}

export interface ComparisonRequest extends DigestRequest {
  /** The other database, opened for reading. */
  readonly other: Engine;
  /** How many differing rows are named of each table. */
  readonly mostRows: number;
}

export interface Comparison {
  readonly isSame: boolean;
  readonly tables: readonly ComparedTable[];
  /** Tables that cannot be compared, each with the reason as a sentence. */
  readonly notComparable: readonly { readonly table: string; readonly why: string }[];
  readonly leftOut: readonly string[];
}

/** @throws as {@link digestDatabase} */
export async function compareDatabases(
  context: TaskContext,
  { other, mostRows, ...request }: ComparisonRequest,
): Promise<Comparison> {
  keepHeapSmall();
  const { engine, signal } = context;
  const { tables, leftOut } = await wanted(engine, request);
  await refuseForeign(other);
  const { there, ours } = await tablesOf(other, request);
  const onlyThere = ours.filter((name) => !tables.some((table) => table.name === name));
  const notComparable = [
    ...onlyThere.map((table) => ({ table, why: 'Only the other database has this table.' })),
    ...tables.flatMap((table) => {
      const why = obstacle(table, there.get(table.name));
      return why === null ? [] : [{ table: table.name, why }];
    }),
  ];
  const comparable = tables.filter(({ name }) => !notComparable.some(({ table }) => table === name));
  const onRows = progressOf(context, 'comparing', await rowsOf(engine, comparable));
  const compared: ComparedTable[] = [];
  await ofOneMoment(engine, (here) =>
    ofOneMoment(other, async (others) => {
      for (const table of comparable)
        compared.push(await compareTable(here, others, table, { signal, onRows, mostRows }));
    }),
  ).catch(explained);
  const isSame = notComparable.length === 0 && compared.every(({ ranges }) => ranges.length === 0);
  return { isSame, tables: compared, notComparable, leftOut };
}

async function wanted(
  engine: Engine,
  { tables: names }: DigestRequest,
): Promise<{ readonly tables: readonly RowStreamTable[]; readonly leftOut: readonly string[] }> {
  await refuseForeign(engine);
  if (names !== undefined) {
    const all = await writableTables(engine);
    const chosen = await chosenTables(engine, names);
    return { tables: chosen.flatMap((name) => savableOf(all.get(name))), leftOut: [] };
  }
  const { tables: ours, unknown } = await ourTables(engine);
  // A mistyped name of a file would be a database without rows, and two of them would be equal.
  if (ours.length === 0) throw noTablesOfOurs(engine.where);
  return { tables: ours.map((table) => savable(table)), leftOut: unknown.map(({ name }) => name) };
}

function savableOf(table: CatalogTable | undefined): RowStreamTable[] {
  return table ? [savable(table)] : [];
}

function savable(found: CatalogTable): RowStreamTable {
  const table = streamTableOf(found);
  requireSavable(table);
  return table;
}

/** @returns all that can be compared, and the names of those of this schema; none where tables were named */
async function tablesOf(
  other: Engine,
  { tables: names }: DigestRequest,
): Promise<{ readonly there: ReadonlyMap<string, CatalogTable>; readonly ours: readonly string[] }> {
  if (names !== undefined) return { there: await writableTables(other), ours: [] };
  const { tables, unknown } = await ourTables(other);
  if (tables.length === 0) throw noTablesOfOurs(other.where);
  const there = new Map([...tables, ...unknown].map((table) => [table.name, table]));
  return { there, ours: tables.map(({ name }) => name) };
}

/** Why two tables cannot be compared; null where they can. */
function obstacle({ key, columns }: RowStreamTable, there: CatalogTable | undefined): string | null {
  if (!there) return 'The other database does not have this table.';
  const others = new Map(there.columns.map(({ name, type }) => [name, type]));
  const missing = columns.filter(({ name }) => !others.has(name)).map(({ name }) => name);
  const names = new Set(columns.map(({ name }) => name));
  const more = there.columns.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  if (missing.length > 0) return `The other database lacks the columns ${missing.join(', ')}.`;
  if (more.length > 0) return `Only the other database has the columns ${more.join(', ')}.`;
  const unlike = columns.find(({ name, type }) => others.get(name) !== type);
  if (unlike)
    return `Column ${unlike.name} is of type ${unlike.type} here, and of type ${others.get(unlike.name)} there.`;
  if (there.primaryKey.join() !== key.join())
    return `The primary key is ${key.join(', ')} here, and ${there.primaryKey.join(', ') || 'none'} there.`;
  return null;
}

/** About how many they have. */
async function rowsOf(engine: Engine, tables: readonly RowStreamTable[]): Promise<number> {
  const sizes = await engine.sizes('cheap');
  const names = new Set(tables.map(({ name }) => name));
  return sizes.tables.reduce((sum, { name, rows }) => sum + (names.has(name) ? rows : 0), 0);
}

function progressOf(
  { onProgress }: TaskContext,
  activity: 'summing' | 'comparing',
  expected: number,
): (rows: number) => void {
  let done = 0;
  return (rows) => {
    done += rows;
    onProgress?.({ activity, done, expected: Math.max(expected, done), unit: 'rows' });
  };
}
