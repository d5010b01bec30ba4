/** Writing tables of InnoDB anew while others read and write them. */
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { RebuildCost, RebuildOffer, RebuildRequest, StatementProgress } from '../contract/upkeep.ts';
import { lockNotGranted } from '../failures.ts';
import { whileWatched } from '../statement-progress.ts';
import type { MysqlServer } from './connection.ts';
import { clusterSize } from './galera.ts';
import { isOwnDatabase } from './own-database.ts';
import { ORDINARY_FREE } from './space.ts';
import { encoded } from './statistics.ts';

/** Where MySQL and MariaDB differ. */
export interface RebuildDialect {
  /** The table of `information_schema` that has the sizes of InnoDB's files. */
  readonly tablespaces: string;
  /** How far the statement of a connection is; null where this account cannot see it. */
  progress(db: Kysely<unknown>, id: bigint): Promise<StatementProgress | null>;
  /** Who holds a lock of the table, as in `connection 12 (user report at 10.0.0.7)`; null where nobody can tell. */
  holder(db: Kysely<unknown>, table: string, ours: readonly string[]): Promise<string | null>;
}

/** As on every session of ours, in seconds. */
const USUAL_LOCK_TIMEOUT = 2;

const COPY = 'of the server (its data and innodb_tmpdir), for a second copy';

interface Row {
  name: string;
  bytes: bigint | null;
  free: bigint | null;
  storage: string;
  own_file: bigint | number;
}

export async function rebuilds(
  { db, place }: Pick<MysqlServer, 'db' | 'place'>,
  { tablespaces }: RebuildDialect,
  names: readonly string[],
): Promise<RebuildOffer> {
  const nodes = await clusterSize(db);
  return {
    method: 'ALTER TABLE TABLE FORCE, ALGORITHM=INPLACE, LOCK=NONE; ANALYZE LOCAL TABLE TABLE',
    unit: 'table',
    blocks: null,
    lock: 'an exclusive metadata lock for a moment at the beginning and at the end; it waits for transactions that use the table, and everybody else waits behind it',
    cluster: nodes === null ? null : `the Galera cluster of ${nodes} nodes`,
    notes: [
      'OPTIMIZE TABLE does the same, after the note that the table does not support it, which is no failure. Replicas repeat the ALTER TABLE.',
    ],
    costs:
      names.length === 0
        ? []
        : await costs(db, await fileSizes(db, place.database, tablespaces, names), names),
  };
}

/** None where this account lacks the privilege PROCESS. */
async function fileSizes(
  db: Kysely<unknown>,
  database: string,
  view: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const files = new Map(names.map((name) => [`${encoded(database)}/${encoded(name)}`, name]));
  const { rows } = await sql<{ name: string; bytes: bigint }>`
    select name as name, file_size as bytes from information_schema.${sql.raw(view)}
    where name in (${sql.join([...files.keys()])})`
    .execute(db)
    .catch((error: unknown) => {
      if (isMultiFlexiError(error, 'PERMISSION_DENIED')) return { rows: [] };
      throw error;
    });
  return new Map(rows.map(({ name, bytes }) => [files.get(name) ?? name, Number(bytes)]));
}

async function costs(
  db: Kysely<unknown>,
  files: ReadonlyMap<string, number>,
  names: readonly string[],
): Promise<RebuildCost[]> {
  const { rows } = await sql<Row>`
    select table_name as name, data_length + index_length + data_free as bytes, data_free as free,
           engine as storage, @@innodb_file_per_table as own_file
    from information_schema.tables
    where ${isOwnDatabase('table_schema')} and table_type = 'BASE TABLE' and table_name in (${sql.join(names)})
    order by table_name`.execute(db);
  return rows.map((row) => costOf(row, files.get(row.name)));
}

/** @param file bytes of its file; without them, its statistics have to do, which may be behind */
function costOf({ name, bytes, free, storage, own_file }: Row, file: number | undefined): RebuildCost {
  const [size, loose] = [file ?? Number(bytes ?? 0), Number(free ?? 0)];
  const shared = Number(own_file) === 0;
  return {
    table: name,
    bytes: size,
    floor: shared ? null : Math.max(0, loose - ORDINARY_FREE),
    how: shared
      ? 'Not known: innodb_file_per_table is off, and a shared file never shrinks.'
      : 'The server counts only extents that are entirely free; half-empty pages often hold several times as much.',
    needs: [{ disk: COPY, bytes: Math.max(0, size - loose), free: null }],
    obstacle: storage === 'InnoDB' ? null : `is of the storage engine ${storage}, which cannot do it online`,
  };
}

/** @throws LOCK_TIMEOUT, PERMISSION_DENIED, DISK_FULL, the signal's reason */
export async function rebuild(
  server: MysqlServer,
  dialect: RebuildDialect,
  { table, db, signal, lockTimeoutMs, onStatement }: RebuildRequest,
): Promise<void> {
  if (table === null) throw new Error('InnoDB rebuilds tables, one by one');
  const { db: pool, place, sessions } = server;
  const { rows } = await sql<{ id: bigint }>`select connection_id() as id`.execute(db);
  const id = rows[0]?.id ?? 0n;
  const seconds = Math.max(1, Math.ceil(lockTimeoutMs / 1000));
  await sql`set session lock_wait_timeout = ${sql.lit(seconds)}`.execute(db);
  try {
    await whileWatched(
      () => killable(pool, id, signal, () => alter(db, table)),
      () => dialect.progress(pool, id),
      onStatement,
    );
  } catch (error) {
    if (!isMultiFlexiError(error, 'LOCK_TIMEOUT')) throw error;
    const whose = await dialect.holder(pool, table, sessions.ids).catch(() => null);
    throw lockNotGranted(place, table, seconds * 1000, whose);
  } finally {
    await sql`set session lock_wait_timeout = ${sql.lit(USUAL_LOCK_TIMEOUT)}`.execute(db).catch(() => {});
  }
}

async function alter(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`alter table ${sql.table(table)} force, algorithm = inplace, lock = none`.execute(db);
  await sql`analyze local table ${sql.table(table)}`.execute(db);
}

/** A statement that may take long, and is ended from another session; what it has done is undone. @throws the signal's reason */
async function killable(
  pool: Kysely<unknown>,
  id: bigint,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  const kill = () => {
    sql`kill query ${sql.lit(Number(id))}`.execute(pool).catch(() => {});
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
