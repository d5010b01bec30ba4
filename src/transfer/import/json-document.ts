/** The document of an export in its JSON form: its members in a fixed order, read as a stream of tokens. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod/mini';
import { isMultiFlexiError } from '../../errors.ts';
import { JSON_FORMAT, JSON_VERSION } from '../export/json-form.ts';
import { damaged, incomplete } from '../row-stream/failures.ts';
import { type RowStreamTable, SOURCE } from '../row-stream/format.ts';
import {
  COUNTS_MEMBER,
  type ExportContents,
  SCHEMA_MEMBER,
  SELECTION_MEMBER,
  type TableSum,
} from './export-file.ts';
import { exportOfOtherVersion, notAnExport } from './failures.ts';
import { type BuiltRow, JsonRow } from './json-row.ts';
import { jsonTokens, type Token } from './json-tokens.ts';
import { SmallJson, SmallJsonError, shown } from './small-json.ts';

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

/** What a reading comes upon. */
type Event =
  | { readonly bytes: number }
  | { readonly contents: ExportContents }
  | { readonly built: BuiltRow; readonly table: number }
  | { readonly endOf: number };

/** @throws FILE_DAMAGED unless the document is complete */
export async function* eventsOf(
  handle: FileHandle,
  file: string,
  document: JsonDocument,
): AsyncGenerator<Event> {
  try {
    for await (const { bytes, tokens } of jsonTokens(handle, file, document.whole)) {
      yield { bytes };
      for (const token of tokens) {
        const event = document.take(token);
        if (event) yield event;
      }
    }
    document.requireEnd();
  } catch (error) {
    if (error instanceof SmallJsonError) throw damaged(file, error.message);
    throw isMultiFlexiError(error) ? error : damaged(file, 'it cannot be read');
  } finally {
    document.abandon();
  }
}

/** Where one reading of the document is. */
export class JsonDocument {
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
        throw new SmallJsonError('there is data after its end');
    }
  }

  /** @throws FILE_DAMAGED */
  requireEnd(): void {
    if (this.state !== 'end' || this.values.get('complete') !== true) throw incomplete(this.file);
  }

  abandon(): void {
    this.row?.abandon();
  }

  private open(token: Token, expected: Token['name'], state: JsonDocument['state']): undefined {
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
