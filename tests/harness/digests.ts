/** Digests of a whole schema and of whole tables, taken in another way than the program does. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Engine } from '../../src/engines/index.ts';

export async function schemaDigest(engine: Engine): Promise<string> {
  const tables = (await engine.introspect()).filter(({ name }) => !/^multiflexi_(?:lock|lease)$/.test(name));
  // The order of a table's keys and the ledger's own rows of other runs are no part of the schema.
  return createHash('sha256').update(JSON.stringify(tables)).digest('hex');
}

export async function dataDigest(engine: Engine, tables: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const table of tables) {
    const { rows } = await sql<
      Record<string, unknown>
    >`select * from ${sql.table(table)} order by id`.execute(engine.kysely<unknown>());
    hash.update(table);
    for (const row of rows)
      hash.update(JSON.stringify(Object.entries(row).map(([name, value]) => [name, plain(value)])));
  }
  return hash.digest('hex');
}

/** Bytes as their own digest: as JSON they would be a list of numbers, which takes a hundred times as long. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return Buffer.isBuffer(value) ? createHash('sha256').update(value).digest('hex') : value;
}
