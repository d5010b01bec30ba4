/** What a migration can do, one operation a file. */
export { addColumn } from './add-column.ts';
export { allowNullInJson } from './allow-null-in-json.ts';
export { changeRows, type RowChange } from './change-rows.ts';
export { createIndex, createUniqueIndex } from './create-index.ts';
export { createTable } from './create-table.ts';
export { dropColumn } from './drop-column.ts';
export { dropIndex } from './drop-index.ts';
export { dropTable } from './drop-table.ts';
export { nothing } from './nothing.ts';
