/** The mark of an import in its database: which file is loaded, and how far that is. A table that is there only meanwhile. */
import { type Kysely, sql } from 'kysely';
import type { Engine, TableDefinition } from '../../engines/index.ts';
import { IMPORT_MARK } from '../../migrations/index.ts';

const TABLE: TableDefinition = {
  name: IMPORT_MARK,
  comment: 'An import that is not finished; kept by multiflexi-cli',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: { kind: 'integer' }, comment: 'Always 1', nullable: false },
    { name: 'seal', type: { kind: 'string', length: 64 }, comment: 'What tells the file', nullable: false },
    { name: 'file', type: { kind: 'text' }, comment: 'As it was called', nullable: false },
    { name: 'begun', type: { kind: 'string', length: 32 }, comment: 'When (ISO 8601)', nullable: false },
    { name: 'loaded', type: { kind: 'text' }, comment: 'Tables that are loaded', nullable: false },
    { name: 'is_verified', type: { kind: 'boolean' }, comment: 'All rows are there', nullable: false },
  ],
};

export interface ImportMark {
  readonly seal: string;
  readonly file: string;
  /** ISO 8601, UTC. */
  readonly begun: string;
  /** Names of tables all of whose rows are committed. */
  readonly loaded: readonly string[];
  /** All rows have been read back; what is left is to migrate. */
  readonly isVerified: boolean;
}

interface MarkTables {
  [IMPORT_MARK]: {
    id: number;
    seal: string;
    file: string;
    begun: string;
    loaded: string;
    is_verified: boolean;
  };
}

/** @returns undefined where there is none; null for one that was begun before it could say of which file it is */
export async function readMark(engine: Engine): Promise<ImportMark | null | undefined> {
  if (!(await engine.tableNames()).includes(IMPORT_MARK)) return undefined;
  const row = await engine.kysely<MarkTables>().selectFrom(IMPORT_MARK).selectAll().executeTakeFirst();
  if (!row) return null;
  const { seal, file, begun, loaded, is_verified } = row;
  return { seal, file, begun, loaded: loaded.split('\n').filter(Boolean), isVerified: is_verified };
}

/** Nothing of the file is loaded yet. @throws PERMISSION_DENIED for an account that may make no tables */
export async function setMark(engine: Engine, { seal, file, begun }: ImportMark): Promise<void> {
  if (!(await engine.tableNames()).includes(IMPORT_MARK)) {
    const make = async (db: Kysely<unknown>) => {
      for (const { sql: text } of engine.ddl.createTable(TABLE)) await sql.raw(text).execute(db);
    };
    const db = engine.kysely<unknown>();
    await (engine.capabilities.transactionalDdl ? db.transaction().execute(make) : make(db));
  }
  await engine
    .kysely<MarkTables>()
    .insertInto(IMPORT_MARK)
    .values({ id: 1, seal, file, begun, loaded: '', is_verified: false })
    .execute();
}

export async function noteLoaded(engine: Engine, loaded: readonly string[]): Promise<void> {
  await engine
    .kysely<MarkTables>()
    .updateTable(IMPORT_MARK)
    .set({ loaded: loaded.join('\n') })
    .execute();
}

export async function noteVerified(engine: Engine): Promise<void> {
  await engine.kysely<MarkTables>().updateTable(IMPORT_MARK).set({ is_verified: true }).execute();
}

/** From now on the database is one like any other. */
export async function removeMark(engine: Engine): Promise<void> {
  await sql`drop table ${sql.table(IMPORT_MARK)}`.execute(engine.kysely<unknown>());
}
