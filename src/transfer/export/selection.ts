/** What is exported: which tables, and of whose rows. What is exported can be imported by itself: no reference leads out. */
import type { CatalogTable, Engine } from '../../engines/index.ts';
import { closest } from '../../settings/index.ts';
import { inOrder, ourTables } from '../rows/our-tables.ts';
import { requireSavable, streamTableOf } from '../rows/stream-table.ts';
import { childrenLeftBehind, noSuchExportTable, unknownTables } from './failures.ts';

export interface ChosenTables {
  /** Only these, and what they refer to; null for all. */
  readonly tables: readonly string[] | null;
  readonly without: readonly string[];
}

export interface Company {
  readonly id: bigint;
  readonly slug: string;
}

export interface ExportTables {
  /** Parents first. */
  readonly tables: readonly CatalogTable[];
  /** Tables that were not named, and are needed by those that were. */
  readonly added: readonly string[];
}

/** @throws UNKNOWN_TARGET, USAGE, CANNOT_BE_SAVED */
export async function exportTables(engine: Engine, chosen: ChosenTables): Promise<ExportTables> {
  const { tables: ours, unknown } = await ourTables(engine);
  const named = new Set([...(chosen.tables ?? []), ...chosen.without]);
  requireKnown(engine, [...ours, ...unknown], named);
  const strange = unknown.filter(({ name }) => !named.has(name));
  if (chosen.tables === null && strange.length > 0)
    throw unknownTables(
      strange.map(({ name }) => name),
      engine.where,
    );
  const there = inOrder([...ours, ...unknown.filter(({ name }) => named.has(name))]);
  const wanted = chosen.tables === null ? there : withParents(there, chosen.tables);
  const tables = wanted.filter(({ name }) => !chosen.without.includes(name));
  requireParents(tables, chosen.without);
  for (const table of tables) requireSavable(streamTableOf(table));
  const added = chosen.tables === null ? [] : tables.filter(({ name }) => !chosen.tables?.includes(name));
  return { tables, added: added.map(({ name }) => name) };
}

function requireKnown(engine: Engine, there: readonly CatalogTable[], named: ReadonlySet<string>): void {
  const names = there.map(({ name }) => name);
  const stranger = [...named].find((name) => !names.includes(name));
  if (stranger !== undefined) throw noSuchExportTable(stranger, closest(stranger, names), engine.where);
}

function withParents(there: readonly CatalogTable[], names: readonly string[]): readonly CatalogTable[] {
  const wanted = new Set(names);
  // Children stand behind their parents.
  for (const { name, foreignKeys } of [...there].reverse())
    if (wanted.has(name)) for (const { table } of foreignKeys) wanted.add(table);
  return there.filter(({ name }) => wanted.has(name));
}

/** A row without the one that it refers to could be imported nowhere. */
function requireParents(tables: readonly CatalogTable[], without: readonly string[]): void {
  const left = new Set(without);
  let orphaned: CatalogTable[] = [];
  do {
    orphaned = tables.filter(
      ({ name, foreignKeys }) => !left.has(name) && foreignKeys.some(({ table }) => left.has(table)),
    );
    for (const { name } of orphaned) left.add(name);
  } while (orphaned.length > 0);
  if (left.size > without.length) throw childrenLeftBehind(without, [...left]);
}
