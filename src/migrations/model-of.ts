/** The schema that a list of migrations makes. */
import type { Migration } from './migration.ts';
import type { SchemaModel } from './model.ts';

export function modelOf(migrations: readonly Migration[]): SchemaModel {
  let model: SchemaModel = new Map();
  for (const { up } of migrations) for (const operation of up) model = operation.model(model);
  return model;
}
