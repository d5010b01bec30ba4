/** A history of which every row is known, and where its rows are: in the database, in archives, in both or in neither. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { mayBeOf, partialName, partialsOf, partsOf } from '../../src/cleanup/archive/directory.ts';
import {
  applyArchiveRestore,
  listArchives,
  planArchiveRestore,
  verifyArchive,
} from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { readInstallation } from '../../src/schema/index.ts';
import type { Passphrase } from '../../src/transfer/index.ts';
import { ChunkReader } from '../../src/transfer/row-stream/chunk-reader.ts';
import { openFile, readContents } from '../../src/transfer/row-stream/heads.ts';
import { at, type TestJob } from './history.ts';

const TABLES = ['job', 'artifacts', 'logger'] as const;

/** Rows of the same name: how many in the database, and how many in archives. */
interface Places {
  readonly database: ReadonlySet<string>;
  readonly archived: readonly string[];
}

export class KnownHistory {
  private engine: Engine;
  private readonly directory: string;
  private readonly passphrase: Passphrase | undefined;
  /** The largest id of each table; what is above is not of this history. */
  private readonly last = new Map<string, bigint>();
  /** Parts that are whole never change. */
  private readonly ofWhole = new Map<string, readonly string[]>();
  private all: ReadonlySet<string> = new Set();
  private digest = '';
  private installation = '';

  constructor(engine: Engine, directory: string, passphrase: Passphrase | undefined) {
    this.engine = engine;
    this.directory = directory;
    this.passphrase = passphrase;
  }

  /** The rows as they are now. */
  async know(): Promise<void> {
    for (const table of TABLES) {
      const { rows } = await sql<{ id: bigint }>`select max(id) as id from ${sql.table(table)}`.execute(
        this.engine.kysely<unknown>(),
      );
      this.last.set(table, rows[0]?.id ?? 0n);
    }
    this.installation = (await readInstallation(this.engine)).id;
    this.all = await this.inDatabase();
    this.digest = await this.contents();
  }

  /** The same history where it is looked at through another connection. */
  on(engine: Engine): this {
    this.engine = engine;
    return this;
  }

  /** How many rows are in archives. */
  async archived(): Promise<number> {
    return (await this.inArchives()).length;
  }

  /** There may be those of other databases. */
  private get archives() {
    return listArchives(this.directory).filter((place) =>
      mayBeOf(place, this.installation, this.engine.where),
    );
  }

  /** After a death: in neither place is nothing; in both may be what was being deleted. */
  async expectNothingLost(): Promise<void> {
    const { database, archived } = await this.places();
    const somewhere = new Set([...database, ...archived]);
    expect(notIn(this.all, somewhere)).toEqual([]);
  }

  /** After a run to the end. */
  async expectEachInOnePlace(): Promise<void> {
    const { database, archived } = await this.places();
    expect([...twice(archived)]).toEqual([]);
    expect(archived.filter((row) => database.has(row))).toEqual([]);
    const somewhere = new Set([...database, ...archived]);
    expect([...notIn(this.all, somewhere), ...notIn(somewhere, this.all)]).toEqual([]);
    for (const place of this.archives) {
      expect(partialsOf(place)).toEqual([]);
      expect(await verifyArchive(place, { passphrase: this.passphrase })).toMatchObject({
        faults: [],
        unsettled: false,
      });
    }
  }

  /** Puts everything back, and every row is as it was. */
  async expectSameWhenRestored(): Promise<void> {
    const { passphrase } = this;
    // Children of a job that has very many may have gone in an earlier run than their job.
    for (const place of this.archives.reverse()) {
      const plan = await planArchiveRestore(this.engine, place, null, { passphrase });
      const tables = await applyArchiveRestore(this.engine, plan, { passphrase });
      expect(tables.map(({ conflicts, present }) => [conflicts, present])).toEqual(tables.map(() => [0, 0]));
    }
    expect(await this.contents()).toBe(this.digest);
  }

  private async places(): Promise<Places> {
    return { archived: await this.inArchives(), database: await this.inDatabase() };
  }

  private async inDatabase(): Promise<ReadonlySet<string>> {
    const names: string[] = [];
    for (const table of TABLES) {
      const { rows } = await sql<{ id: bigint }>`
        select id from ${sql.table(table)} where id <= ${this.last.get(table)}`.execute(
        this.engine.kysely<unknown>(),
      );
      names.push(...rows.map(({ id }) => `${table} ${id}`));
    }
    return new Set(names);
  }

  private async contents(): Promise<string> {
    const hash = createHash('sha256');
    for (const table of TABLES) {
      const { rows } = await sql`
        select * from ${sql.table(table)} where id <= ${this.last.get(table)} order by id`.execute(
        this.engine.kysely<unknown>(),
      );
      hash.update(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
    }
    return hash.digest('hex');
  }

  private async inArchives(): Promise<string[]> {
    const names: string[] = [];
    for (const place of this.archives) {
      const whole = partsOf(place);
      // A process that dies while it gives a part its name may leave it under both.
      const cut = partialsOf(place).filter((part) => !whole.includes(part));
      for (const part of whole) {
        const file = join(place.path, part);
        const rows = this.ofWhole.get(file) ?? (await this.rowsOf(file));
        this.ofWhole.set(file, rows);
        names.push(...rows);
      }
      for (const part of cut) names.push(...(await this.rowsOf(join(place.path, partialName(part)))));
    }
    return names;
  }

  /** Of whole batches alone, if it was cut off. */
  private async rowsOf(file: string): Promise<string[]> {
    if (!existsSync(file)) return [];
    const handle = await openFile(file);
    try {
      const contents = await readContents(handle, file, false).catch(() => undefined);
      if (!contents) return [];
      const { header, batches, places } = contents;
      const { encryption } = header;
      const key = encryption && (await this.passphrase?.unlock(encryption, file));
      const reader = new ChunkReader(file, handle, header, key);
      const names: string[] = [];
      for (const place of places.filter(({ batch }) => batch < batches.length)) {
        const { table, rows } = await reader.read(place);
        const id = table.columns.findIndex(({ name }) => name === 'id');
        names.push(...rows.map((row) => `${table.name} ${row[id]}`));
      }
      return names;
    } finally {
      await handle.close();
    }
  }
}

function notIn(rows: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...rows].filter((row) => !others.has(row));
}

function twice(rows: readonly string[]): ReadonlySet<string> {
  const once = new Set<string>();
  return new Set(rows.filter((row) => once.size === once.add(row).size));
}

/** Jobs with their children, and general log entries, no two rows alike. */
export async function loadKnown(engine: Engine, jobs: readonly TestJob[]): Promise<void> {
  await engine.bulkLoad({
    table: 'job',
    columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate', 'command'],
    rows: jobs.map(({ id, template = 1n, status, minute }) => [
      id,
      template,
      1n,
      template === 3n ? 2n : 1n,
      status,
      at(minute),
      `--number ${id} "č🏦"`,
    ]),
  });
  await engine.bulkLoad({
    table: 'artifacts',
    columns: ['job_id', 'filename', 'content', 'created_at'],
    rows: jobs.flatMap(({ id, minute, artifacts, bytes = 0 }) =>
      Array.from({ length: artifacts }, (_, n) => [
        id,
        `${n}.txt`,
        Buffer.concat([Buffer.from(`\0${n} of ${id}`), Buffer.alloc(bytes, n)]),
        at(minute),
      ]),
    ),
  });
  await engine.bulkLoad({
    table: 'logger',
    columns: ['company_id', 'job_id', 'message', 'created_at'],
    rows: jobs.flatMap(({ id, minute, logs }) => [
      ...Array.from({ length: logs }, (_, n) => [1n, id, `${n} of ${id}`, at(minute)]),
      [id % 2n === 0n ? 1n : null, null, `beside ${id}`, at(minute)],
    ]),
  });
}
