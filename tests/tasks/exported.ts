/** What is in an export: read as somebody reads it who knows nothing of how it was written. */
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { type ExportRequest, runExport } from '../../src/tasks/index.ts';
import { type Passphrase, RowStreamReader } from '../../src/transfer/index.ts';
import { summedRow } from '../../src/transfer/row-stream/pieces.ts';
import { type Row, RowCodec, RowSum } from '../../src/transfer/row-stream/values.ts';
import { ourTables } from '../../src/transfer/rows/our-tables.ts';
import { streamTableOf } from '../../src/transfer/rows/stream-table.ts';
import { Told } from './told.ts';

export const ALL: ExportRequest = { company: null, tables: null, without: [], file: null, encrypted: false };

export type Document = Readonly<Record<string, unknown>> & {
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly counts: Readonly<Record<string, { readonly rows: number; readonly digest: string }>>;
};

/** @returns the JSON form as a program without knowledge of it reads it */
export async function json(engine: Engine, request: Partial<ExportRequest> = {}): Promise<Document> {
  const parts: Buffer[] = [];
  const sink = { write: async (text: Buffer) => void parts.push(text) };
  const { bytes } = await runExport(new Told(engine).context, { ...ALL, ...request }, { sink });
  const text = Buffer.concat(parts);
  expect(text.length).toBe(bytes);
  return JSON.parse(text.toString());
}

/** @returns the rows of each table of a compact file, which was verified */
export async function compact(file: string, passphrase?: Passphrase) {
  const reader = await RowStreamReader.open(file, { passphrase });
  try {
    await reader.verify();
    const tables = new Map<string, Row[]>();
    for (const { name } of reader.header.tables) {
      const rows: Row[] = [];
      for await (const chunk of reader.chunks(name)) rows.push(...chunk.rows);
      tables.set(name, rows);
    }
    return { header: reader.header, manifest: reader.manifest, tables };
  } finally {
    await reader.close();
  }
}

/** What no file has said. */
export async function digestsOf(engine: Engine): Promise<Document['counts']> {
  const counts: Record<string, { rows: number; digest: string }> = {};
  for (const found of (await ourTables(engine)).tables) {
    const table = streamTableOf(found);
    const columns = sql.join(table.columns.map(({ name }) => sql.ref(name)));
    const { rows } = await sql<Record<string, unknown>>`
      select ${columns} from ${sql.table(table.name)}`.execute(engine.kysely<unknown>());
    const [codec, sum] = [new RowCodec(table.columns), new RowSum()];
    for (const row of rows) {
      const values = table.columns.map(({ name }) => row[name]);
      sum.add(codec.digest(await summedRow(table.columns, values)));
    }
    counts[table.name] = { rows: sum.rows, digest: sum.digest };
  }
  return counts;
}
