/** Foreign keys of other tables to ours: what a purge does to their rows, or they to a purge. */
import type { Catalogue, Reference } from '../engines/index.ts';

/** @param ours the tables of our migrations */
export async function outsideReferences(engine: Catalogue, ours: ReadonlySet<string>): Promise<Reference[]> {
  return (await engine.references()).filter(
    ({ schema, table, targetSchema, target }) =>
      targetSchema === null && ours.has(target) && !(schema === null && ours.has(table)),
  );
}
