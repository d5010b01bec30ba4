/** An export as an import reads it, whichever form it has. */
import * as z from 'zod/mini';
import { COUNT } from '../../schema/index.ts';
import type { SchemaState } from '../export/header.ts';
import type { Passphrase } from '../row-stream/encryption.ts';
import { type RowStreamTable, type Source, TABLE } from '../row-stream/format.ts';
import type { Row } from '../row-stream/values.ts';

const VERSION = z.string().check(z.regex(/^\d{14}$/));

const SCHEMA = {
  version: VERSION,
  migrations: z.array(VERSION).check(z.minLength(1), z.maxLength(10_000)),
  // Exports of earlier programs have none, nor have those of a company.
  nextIds: z.optional(
    z.record(
      z.string(),
      z.union([z.int().check(z.minimum(1)), z.string().check(z.regex(/^[1-9]\d{0,18}$/))]),
    ),
  ),
};
const SELECTION = z.object({
  company: z.nullable(z.object({ id: z.union([z.int(), z.string()]), name: z.string() })),
  tables: z.nullable(z.array(z.string())),
  without: z.array(z.string()),
});

/** What the header of a row stream says beyond its own. */
export const DETAILS = z.object({ schema: z.object(SCHEMA), selection: SELECTION });

/** What the JSON form says before its rows. */
export const SCHEMA_MEMBER = z.object({ ...SCHEMA, tables: z.array(TABLE).check(z.maxLength(1_000)) });
export const SELECTION_MEMBER = SELECTION;
/** And behind them. */
export const COUNTS_MEMBER = z.record(
  z.string(),
  z.object({ rows: COUNT, digest: z.string().check(z.regex(/^[0-9a-f]{32}$/)) }),
);

export interface ExportContents {
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly program: string;
  readonly source: Source;
  readonly schema: SchemaState;
  readonly selection: z.output<typeof SELECTION>;
  readonly tables: readonly RowStreamTable[];
}

/** Rows of one table. */
export interface ExportedRows {
  /** Its place in the list of tables. */
  readonly table: number;
  readonly rows: readonly Row[];
  /** How much of the file has been read by then. */
  readonly bytes: number;
}

/** What a file says of the rows of a table. */
export interface TableSum {
  readonly name: string;
  readonly rows: number;
  readonly digest: string;
}

/** Where an export is read from. */
export interface ExportSource {
  readonly file: string;
  /** What messages and records call it, where that is not its path. */
  readonly name?: string | undefined;
  readonly passphrase?: Passphrase | undefined;
}

export interface ExportFile {
  readonly file: string;
  readonly form: 'json' | 'compact';
  readonly encrypted: boolean;
  /** Its size. */
  readonly bytes: number;
  readonly contents: ExportContents;
  /**
   * Reads all of it, table by table; rows of tables in `skip` are passed over. A large value can be read until the next rows are
   * asked for.
   * @throws FILE_DAMAGED, PASSPHRASE_NEEDED
   */
  rows(skip?: ReadonlySet<number>): AsyncGenerator<ExportedRows>;
  /** What tells it from every other file, once all of it has been read. */
  seal(): string;
  /** What it says of its tables, once all of it has been read; the digests of an encrypted file are of its key. */
  sums(): readonly TableSum[];
  close(): Promise<void>;
}
