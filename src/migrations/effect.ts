/** Whether a statement has taken effect already, by looking at the database. */

import type { Effect, Engine } from '../engines/index.ts';
import { patientCatalogue } from '../pacing/index.ts';

export async function hasTakenEffect(engine: Engine, effect: Effect): Promise<boolean> {
  if (effect.kind === 'repeatable') return false;
  const table = (await patientCatalogue(engine)).find(({ name }) => name === effect.table);
  return found() === effect.present;

  function found(): boolean {
    if (effect.kind === 'repeatable' || !table) return false;
    switch (effect.kind) {
      case 'table':
        return true;
      case 'column':
        return table.columns.some(({ name }) => name === effect.column);
      case 'index':
        return table.indexes.some(({ name }) => name === effect.index);
      case 'foreignKey':
        return table.foreignKeys.some(({ columns }) => columns.length === 1 && columns[0] === effect.column);
    }
  }
}
