/** The foreign keys of the schema as the migrations make it; each has an index. */
import type { ForeignKey } from '../cleanup/index.ts';
import { NOW } from '../engines/index.ts';
import { MIGRATIONS, modelOf } from '../migrations/index.ts';

export function foreignKeys(): ForeignKey[] {
  return [...modelOf(MIGRATIONS).values()].flatMap(({ name: table, columns }) => {
    const madeAt = columns.find(({ default: value }) => value === NOW)?.name ?? null;
    return columns.flatMap(({ name: column, references }) =>
      references ? [{ table, column, target: references.table, onDelete: references.onDelete, madeAt }] : [],
    );
  });
}
