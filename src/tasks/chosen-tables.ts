/** The tables that somebody has named, or else all of ours. */
import type { Engine } from '../engines/index.ts';
import { MIGRATIONS, modelOf } from '../migrations/index.ts';
import { closest } from '../settings/index.ts';
import { isView, noSuchTable } from './failures.ts';

/** @param names undefined for all of this schema that are there @throws UNKNOWN_TARGET, with the name that was meant */
export async function chosenTables(
  engine: Engine,
  names: readonly string[] | undefined,
): Promise<readonly string[]> {
  const there = await engine.tableNames();
  if (names === undefined) {
    const ours = modelOf(MIGRATIONS);
    return there.filter((table) => ours.has(table));
  }
  const unknown = names.find((name) => !there.includes(name));
  if (unknown === undefined) return [...new Set(names)];
  if ((await engine.viewNames()).includes(unknown)) throw isView(unknown);
  throw noSuchTable(unknown, closest(unknown, there), engine.where);
}
