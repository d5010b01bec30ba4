/** A live table as a row stream describes it. */
import type { CatalogTable } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import type { RowStreamTable } from './row-stream/format.ts';
import { kindOf } from './row-stream/values.ts';

export function streamTableOf({ name, primaryKey, columns }: CatalogTable): RowStreamTable {
  return {
    name,
    key: [...primaryKey],
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
  };
}

/** @throws CANNOT_BE_SAVED */
export function requireSavable({ name, key, columns }: RowStreamTable): void {
  const strange = columns.find((column) => kindOf(column) === undefined);
  const why =
    key.length === 0
      ? `Table ${name} has no primary key`
      : strange && `Column ${name}.${strange.name} has a type that is of no migration (${strange.type})`;
  if (why === undefined) return;
  throw new MultiFlexiError('CANNOT_BE_SAVED', `${why}, so it cannot be saved; nothing was done.`, {
    next: 'Save it by other means, as with a dump of the table, and run the command again without saving it here.',
  });
}

/**
 * Whether rows of a file can be put into a live table.
 * @param part the column whose values alone are put back; null for whole rows
 * @throws NOT_MIGRATED
 */
export function requireTable(
  { name, key, columns }: RowStreamTable,
  part: string | null,
  live: CatalogTable | undefined,
  where: string,
): void {
  const saved = new Map(columns.map((column) => [column.name, column.type]));
  const lacking = columns.find(
    (column) => !live?.columns.some((other) => other.name === column.name && other.type === column.type),
  );
  const unfilled = live?.columns.find(
    (column) => part === null && !column.nullable && column.default === null && !saved.has(column.name),
  );
  const why =
    live === undefined
      ? `has rows of the table ${name}, which is not in ${where}`
      : lacking
        ? `has values of the column ${name}.${lacking.name} of type ${lacking.type}, which is not in ${where}`
        : live.primaryKey.join() !== key.join()
          ? `has rows of ${name} by the key (${key.join(', ')}), and in ${where} its key is (${live.primaryKey.join(', ')})`
          : unfilled && `has no values for the column ${name}.${unfilled.name}, which needs one in ${where}`;
  if (why === undefined) return;
  throw new MultiFlexiError('NOT_MIGRATED', `The file ${why}.`, {
    next: 'Bring the schema to where it was when the file was saved (multiflexi-cli db:migrate, or db:rollback -t VERSION); nothing was done.',
  });
}
