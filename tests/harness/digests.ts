/** Digests of a whole schema and of whole tables, taken in another way than the program does. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Engine } from '../../src/engines/index.ts';

export async function schemaDigest(engine: Engine): Promise<string> {
  const tables = (await engine.introspect()).filter((table) => table.name !== 'multiflexi_lock');
  // The order of a table's keys and the ledger's own rows of other runs are no part of the schema.
  return createHash('sha256').update(JSON.stringify(tables)).digest('hex');
}

export async function dataDigest(engine: Engine, tables: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const table of tables) {
    const { rows } = await sql`select * from ${sql.table(table)} order by id`.execute(
      engine.kysely<unknown>(),
    );
    hash.update(
      JSON.stringify([table, rows], (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    );
  }
  return hash.digest('hex');
}
