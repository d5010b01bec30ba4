/** What would keep a database from becoming the platform's, found before anything is written. Reads only. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { countOrphans, keyName } from '../../cleanup/index.ts';
import type { Engine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import {
  type Difference,
  MIGRATIONS,
  recognise,
  requireMigrated,
  verifySchema,
} from '../../migrations/index.ts';
import type { NextStep } from '../../next-step.ts';
import { databaseMark, isBookkeeping } from '../../schema/index.ts';
import {
  correction,
  findUnholdable,
  largestId,
  type MovedTable,
  movedTables,
  ofOneMoment,
  sameDatabase,
} from '../../transfer/index.ts';
import { counted } from '../../written-numbers.ts';
import { cannotBeMoved } from '../failures.ts';
import { foreignKeys } from '../foreign-keys.ts';

export interface PreflightRequest {
  readonly source: Engine;
  readonly target: Engine;
  /** The target has a copy already: one that was begun, or the database that was used before. */
  readonly isCopy: boolean;
  /** Names of tables, views, triggers and columns that somebody has looked at: they stay behind. */
  readonly except: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onRows?: ((rows: number) => void) | undefined;
}

export interface Preflight {
  /** Sentences without a full stop; none where the change may begin. */
  readonly problems: readonly string[];
  /** How they are corrected; null where there are none. */
  readonly next: NextStep | null;
  /** Sentences without a full stop: what should be known, and stops nothing. */
  readonly notes: readonly string[];
  readonly tables: readonly MovedTable[];
  readonly rows: number;
  /** Of the rows' values, about. */
  readonly bytes: number;
  /** How long it took to read all of them, in milliseconds. */
  readonly readingMs: number;
}

/** @throws CANNOT_SWITCH for one and the same database; NOT_MIGRATED, FOREIGN_DATABASE of the source */
export async function preflight(request: PreflightRequest): Promise<Preflight> {
  const { source, target, isCopy, except, signal, onRows } = request;
  await requireMigrated(source);
  if ((await databaseMark(source)) === (await databaseMark(target))) throw sameDatabase(source.where);
  const { tables, faults } = await movedTables(source);
  const names = tables.map(({ table }) => table.name);
  const strange = await notOurs(source, names, except);
  const lost = await orphans(source);
  const canStay = strange.problems.length > 0;
  const problems = [
    ...(await unreachableWriters(source)),
    ...new Set([...strange.problems, ...faults]),
    ...lost,
    ...(isCopy ? await unfit(target) : await filled(target)),
  ];
  const started = performance.now();
  const values = await ofOneMoment(source, (side) =>
    findUnholdable(side, target, tables, { signal, onRows }),
  ).catch((error: unknown) => {
    throw isMultiFlexiError(error, 'CANNOT_BE_SAVED') ? cannotBeMoved(error) : error;
  });
  const readingMs = performance.now() - started;
  problems.push(...values.named);
  if (values.rows > values.named.length)
    problems.push(
      `${values.rows - values.named.length} more rows have values that the target cannot hold exactly`,
    );
  problems.push(...(await room(target, values.bytes)));
  const notes = [...strange.notes, ...litestream(source), ...litestream(target)];
  return {
    problems,
    next: problems.length > 0 ? correction({ orphans: lost.length > 0, strange: canStay }) : null,
    notes,
    tables,
    rows: values.looked,
    bytes: values.bytes,
    readingMs,
  };
}

/** Locks of the source would not reach who writes on another node. */
async function unreachableWriters(source: Engine): Promise<string[]> {
  if (await source.locksReachAllWriters()) return [];
  return [
    'the source is a node of a cluster that takes writes on other nodes, which nothing here could keep out',
  ];
}

async function notOurs(
  source: Engine,
  tables: readonly string[],
  except: readonly string[],
): Promise<{ readonly problems: string[]; readonly notes: string[] }> {
  const isLeft = (name: string) => except.includes(name);
  const { differences, leftOut, outside } = await verifySchema(source, MIGRATIONS, except);
  const problems = differences
    .filter((one) => isOfRows(one) && !isLeft(`${one.table}.${one.name}`))
    .map(differenceText);
  const notes: string[] = [];
  for (const { table, reason } of leftOut) {
    if (isLeft(table)) notes.push(`the table ${table} stays behind`);
    else if (reason === 'of Litestream') notes.push(`the table ${table} is ${reason} and stays behind`);
    else problems.push(`the table ${table} is not of this program (${reason}), and would stay behind`);
  }
  for (const { schema, table } of outside)
    if (schema !== null)
      problems.push(`the table ${schema}.${table} refers to a table of this program, and would stay behind`);
  for (const view of await source.viewNames())
    if (!isLeft(view)) problems.push(`the view ${view} is not of this program, and would stay behind`);
  for (const { kind, name, table } of await source.writeHooks(tables))
    if (!isLeft(name))
      problems.push(`the ${kind} ${name} on ${table} is not of this program, and would stay behind`);
  if (!(await source.seesDeleteHooks()))
    notes.push('this account cannot see whether the source has triggers (it lacks the privilege TRIGGER)');
  return { problems, notes };
}

/** An index or a comment is made by the migrations of the target as it should be. */
function isOfRows({ what }: Difference): boolean {
  return what === 'table' || what === 'column' || what === 'primary key' || what === 'foreign key';
}

function differenceText({ kind, what, table, name, expected, found }: Difference): string {
  if (what === 'primary key')
    return found
      ? `the primary key of ${table} is not as the migrations make it (${found} instead of ${expected})`
      : `the table ${table} has no primary key`;
  const place = name === null || what === 'table' ? `${what} ${table}` : `${what} ${table}.${name}`;
  if (kind === 'extra') return `the ${place} is not of this program, and would stay behind`;
  if (kind === 'missing') return `the ${place} is missing in the source`;
  return `the ${place} is not as the migrations make it (${found} instead of ${expected})`;
}

async function orphans(source: Engine): Promise<string[]> {
  const found = await countOrphans(source, source.kysely<unknown>(), foreignKeys(), { quick: false });
  return found.map(({ key, count, atLeast, ids }) => {
    const rows = `${atLeast ? 'at least ' : ''}${counted(count, 'row')} of ${key.table} ${count === 1 ? 'refers' : 'refer'}`;
    return `${rows} by ${keyName(key)} to rows of ${key.target} that do not exist (the first ids: ${ids.join(', ')})`;
  });
}

/** Somebody may have changed the tables of a copy. */
async function unfit(target: Engine): Promise<string[]> {
  return (await movedTables(target)).faults.map((fault) => `in the target, ${fault}`);
}

/** A schema of ours without rows is as good as none: our own package may have made it. */
async function filled(target: Engine): Promise<string[]> {
  const names = (await target.tableNames()).filter((name) => !target.ownTables.includes(name));
  const kind = await recognise(target);
  if (kind === 'ours') {
    const withRows: string[] = [];
    for (const { table } of (await movedTables(target)).tables)
      if (
        !isBookkeeping({ table: table.name, column: null }) &&
        (await largestId(readingOf(target), table)) !== null
      )
        withRows.push(table.name);
    return withRows.length === 0 ? [] : [`the target is not empty: it has rows in ${withRows.join(', ')}`];
  }
  const views = await target.viewNames();
  const all = [...names, ...views];
  return all.length === 0
    ? []
    : [`the target is not empty: it has ${all.slice(0, 10).join(', ')}${all.length > 10 ? ', …' : ''}`];
}

function readingOf(engine: Engine) {
  return { engine, db: engine.kysely<unknown>() };
}

async function room(target: Engine, bytes: number): Promise<string[]> {
  const free = await target.freeDisk();
  return free !== null && free < bytes
    ? [`the disk of the target has ${free} bytes free, and the values of all rows take ${bytes}`]
    : [];
}

/** It follows a file by its write-ahead log: a new one must be entered in its configuration. */
function litestream({ localFiles }: Engine): string[] {
  return localFiles.flatMap((file) =>
    [`.${basename(file)}-litestream`, `${basename(file)}-litestream`]
      .map((name) => join(dirname(file), name))
      .filter((path) => existsSync(path))
      .map(
        (path) =>
          `Litestream replicates ${file} (${path}): change its configuration as well, or it follows a file that nobody writes to`,
      ),
  );
}
