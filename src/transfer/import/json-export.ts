/** An export in its JSON form: one document with its members in a fixed order, read as a stream of tokens. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod/mini';
import { isMultiFlexiError } from '../../errors.ts';
import { JSON_FORMAT, JSON_VERSION } from '../export/json-form.ts';
import { damaged, incomplete } from '../row-stream/failures.ts';
import { type RowStreamTable, SOURCE } from '../row-stream/format.ts';
import { summedRow } from '../row-stream/pieces.ts';
import { type Row, RowCodec } from '../row-stream/values.ts';
import {
  COUNTS_MEMBER,
  type ExportContents,
  type ExportedRows,
  type ExportFile,
  SCHEMA_MEMBER,
  SELECTION_MEMBER,
  type TableSum,
} from './export-file.ts';
import { exportOfOtherVersion, notAnExport } from './failures.ts';
import { type BuiltRow, JsonRow } from './json-row.ts';
import { jsonTokens, type Token } from './json-tokens.ts';
import { SmallJson, SmallJsonError, shown } from './small-json.ts';

/** Rows that are given out together. */
const ROWS_AT_ONCE = 1_000;
const CHARACTERS_AT_ONCE = 2 * 1024 * 1024;
/** A text of so many characters may have more bytes than a value in memory. */
const MAYBE_LARGE = 300_000;

/** In this order, each once. */
const MEMBERS = [
  'format',
  'version',
  'created',
  'program',
  'source',
  'schema',
  'selection',
  'tables',
  'counts',
  'complete',
] as const;
type Member = (typeof MEMBERS)[number];

const HEAD = z.object({
  created: z.string(),
  program: z.string(),
  source: SOURCE,
  schema: SCHEMA_MEMBER,
  selection: SELECTION_MEMBER,
});

/** Reads what is before the rows. @throws FILE_DAMAGED */
export async function openJsonExport(handle: FileHandle, file: string): Promise<ExportFile> {
  const { size } = await handle.stat();
  for await (const event of events(handle, file, new Pass(file)))
    if ('contents' in event) return new JsonExport(file, handle, size, event.contents);
  throw incomplete(file);
}

class JsonExport implements ExportFile {
  readonly form = 'json';
  readonly encrypted = false;
  readonly file: string;
  readonly bytes: number;
  readonly contents: ExportContents;
  private readonly handle: FileHandle;
  private digest = '';
  private counts: readonly TableSum[] = [];

  constructor(file: string, handle: FileHandle, bytes: number, contents: ExportContents) {
    this.file = file;
    this.handle = handle;
    this.bytes = bytes;
    this.contents = contents;
  }

  async *rows(skip: ReadonlySet<number> = new Set()): AsyncGenerator<ExportedRows> {
    const codecs = this.contents.tables.map(({ columns }) => new RowCodec(columns));
    const pass = new Pass(this.file, this.contents);
    let gathered: unknown[][] = [];
    let characters = 0;
    let bytes = 0;
    const take = () => {
      const rows = gathered;
      gathered = [];
      characters = 0;
      return rows;
    };
    for await (const event of events(this.handle, this.file, pass)) {
      if ('bytes' in event) bytes = event.bytes;
      else if ('built' in event) {
        const { built, table } = event;
        try {
          if (skip.has(table)) continue;
          const row = this.typed(codecs[table], table, built);
          if (built.spools.length > 0) {
            if (gathered.length > 0) yield { table, rows: take(), bytes };
            yield { table, rows: [row], bytes };
            continue;
          }
          gathered.push(row);
          characters += built.characters;
          if (gathered.length < ROWS_AT_ONCE && characters < CHARACTERS_AT_ONCE) continue;
          yield { table, rows: await this.summed(table, take()), bytes };
        } finally {
          for (const spool of built.spools) spool.close();
        }
      } else if ('endOf' in event && gathered.length > 0)
        yield { table: event.endOf, rows: await this.summed(event.endOf, take()), bytes };
    }
    this.digest = pass.digest();
    this.counts = pass.counts;
  }

  seal(): string {
    return this.digest;
  }

  sums(): readonly TableSum[] {
    return this.counts;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private typed(codec: RowCodec | undefined, table: number, { values }: BuiltRow): unknown[] {
    try {
      return codec?.typed(values) ?? [];
    } catch (error) {
      const name = this.contents.tables[table]?.name ?? '';
      throw damaged(this.file, `${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Values that a row stream would have in pieces count by their digest here as well. */
  private async summed(table: number, rows: readonly Row[]): Promise<readonly Row[]> {
    const columns = this.contents.tables[table]?.columns ?? [];
    const isLong = (value: unknown) =>
      (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > MAYBE_LARGE;
    if (!rows.some((row) => row.some(isLong))) return rows;
    return Promise.all(rows.map((row) => (row.some(isLong) ? summedRow(columns, row) : row)));
  }
}

type Event =
  | { readonly bytes: number }
  | { readonly contents: ExportContents }
  | { readonly built: BuiltRow; readonly table: number }
  | { readonly endOf: number };

/** @throws FILE_DAMAGED unless the document is complete */
async function* events(handle: FileHandle, file: string, pass: Pass): AsyncGenerator<Event> {
  try {
    for await (const { bytes, tokens } of jsonTokens(handle, file, pass.whole)) {
      yield { bytes };
      for (const token of tokens) {
        const event = pass.take(token);
        if (event) yield event;
      }
    }
    pass.requireEnd();
  } catch (error) {
    if (error instanceof SmallJsonError) throw damaged(file, error.message);
    throw isMultiFlexiError(error) ? error : damaged(file, 'it cannot be read');
  } finally {
    pass.abandon();
  }
}

/** Where one reading of the document is. */
class Pass {
  readonly whole = createHash('sha256');
  counts: readonly TableSum[] = [];
  private readonly file: string;
  private contents: ExportContents | undefined;
  private readonly known: ExportContents | undefined;
  private readonly values = new Map<Member, unknown>();
  private state: 'start' | 'members' | 'value' | 'tables' | 'rows' | 'row' | 'end' = 'start';
  private members = 0;
  private name: string | undefined;
  private small: SmallJson | undefined;
  private table = -1;
  private opened = false;
  private row: JsonRow | undefined;

  /** @param known what the file said when it was opened */
  constructor(file: string, known?: ExportContents) {
    this.file = file;
    this.known = known;
  }

  digest(): string {
    return this.whole.copy().digest('hex');
  }

  /** @throws SmallJsonError, FILE_DAMAGED */
  take(token: Token): Event | undefined {
    switch (this.state) {
      case 'start':
        return this.open(token, 'startObject', 'members');
      case 'members':
        if (token.name === 'endObject') {
          this.state = 'end';
          return undefined;
        }
        return this.named(token, (name) => this.begin(name));
      case 'value': {
        const done = this.small?.add(token);
        return done && this.complete(done.value);
      }
      case 'tables':
        if (!this.opened) {
          this.opened = true;
          return this.open(token, 'startObject', 'tables');
        }
        if (token.name === 'endObject') return this.endTables();
        if (this.row) return this.open(token, 'startArray', 'rows');
        return this.named(token, (name) => this.beginTable(name));
      case 'rows':
        if (token.name === 'endArray') {
          this.row = undefined;
          this.state = 'tables';
          return { endOf: this.table };
        }
        this.row?.begin();
        return this.open(token, 'startObject', 'row');
      case 'row': {
        const built = this.row?.add(token);
        if (!built) return undefined;
        this.state = 'rows';
        this.row?.begin();
        return { built, table: this.table };
      }
      default:
        throw new SmallJsonError('there is data behind its end');
    }
  }

  /** @throws FILE_DAMAGED */
  requireEnd(): void {
    if (this.state !== 'end' || this.values.get('complete') !== true) throw incomplete(this.file);
  }

  abandon(): void {
    this.row?.abandon();
  }

  private open(token: Token, expected: Token['name'], state: Pass['state']): undefined {
    if (token.name !== expected)
      throw this.state === 'start'
        ? notAnExport(this.file)
        : new SmallJsonError('its parts are out of order');
    this.state = state;
  }

  /** The name of a member, which may come in parts. */
  private named(token: Token, begin: (name: string) => void): undefined {
    if (token.name === 'startKey') this.name = '';
    else if (token.name === 'stringChunk' && this.name !== undefined) {
      this.name += token.value;
      if (this.name.length > 256) throw new SmallJsonError('a name in it is too long');
    } else if (token.name === 'endKey') begin(this.name ?? '');
    else throw new SmallJsonError('its parts are out of order');
  }

  private begin(name: string): void {
    const expected = MEMBERS[this.members++];
    if (name !== expected) {
      if (this.members === 1) throw notAnExport(this.file);
      throw new SmallJsonError(
        `it has the member ${shown(name)} where ${expected === undefined ? 'its end' : expected} should be`,
      );
    }
    if (name !== 'tables') {
      this.small = new SmallJson();
      this.state = 'value';
      return;
    }
    this.state = 'tables';
  }

  private complete(value: unknown): Event | undefined {
    const member = MEMBERS[this.members - 1] ?? 'complete';
    this.values.set(member, value);
    this.state = 'members';
    if (member === 'format' && value !== JSON_FORMAT) throw notAnExport(this.file);
    if (member === 'version' && value !== JSON_VERSION) throw exportOfOtherVersion(this.file);
    if (member === 'complete' && value !== true)
      throw new SmallJsonError('it does not say that it is complete');
    if (member === 'counts') this.counts = this.countsOf(value);
    if (member !== 'selection') return undefined;
    const head = HEAD.safeParse(Object.fromEntries(this.values));
    if (!head.success) throw new SmallJsonError('what it says of itself is invalid');
    const { schema, ...others } = head.data;
    const { tables, ...state } = schema;
    this.contents = { ...others, schema: state, tables };
    if (this.known && JSON.stringify(this.known) !== JSON.stringify(this.contents))
      throw new SmallJsonError('it has changed since it was opened');
    return { contents: this.contents };
  }

  private beginTable(name: string): void {
    const table: RowStreamTable | undefined = this.contents?.tables[++this.table];
    if (table?.name !== name)
      throw new SmallJsonError(`it has rows of ${shown(name)} where ${table?.name ?? 'no table'} should be`);
    this.row = new JsonRow(table);
  }

  private endTables(): undefined {
    if (this.table + 1 !== this.contents?.tables.length)
      throw new SmallJsonError('it has not all of its tables');
    this.state = 'members';
  }

  private countsOf(value: unknown): readonly TableSum[] {
    const counts = COUNTS_MEMBER.safeParse(value);
    if (!counts.success) throw new SmallJsonError('its counts are invalid');
    const names = Object.keys(counts.data);
    const tables = this.contents?.tables ?? [];
    if (names.length !== tables.length) throw new SmallJsonError('its counts are of other tables');
    return tables.map(({ name }) => {
      const found = Object.hasOwn(counts.data, name) ? counts.data[name] : undefined;
      if (!found) throw new SmallJsonError('its counts are of other tables');
      return { name, ...found };
    });
  }
}
