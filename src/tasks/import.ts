/** An export loaded into an empty database of any engine. */
import type { Engine } from '../engines/index.ts';
import { type ErrorCode, isMultiFlexiError } from '../errors.ts';
import { acquireLease, bothFences, exclusiveLock } from '../leases/index.ts';
import {
  type AppliedMigration,
  MIGRATIONS,
  type MigrationProgress,
  migrate,
  modelOf,
  refuseForeign,
  type SchemaModel,
} from '../migrations/index.ts';
import { HOUSEKEEPER_LEASE, PURGE_LOCK } from '../schema/index.ts';
import { keepHeapSmall } from '../system/index.ts';
import {
  completeTables,
  continueNextIds,
  type ExportSource,
  emptyTables,
  type ImportTarget,
  importUndone,
  inspectTarget,
  loadExport,
  noteVerified,
  openExport,
  removeMark,
  requireLoaded,
  setMark,
  type VerifiedExport,
  verifyExport,
} from '../transfer/index.ts';
import type { TaskContext } from './context.ts';
import { recordMove } from './history/moves.ts';

export type ImportRequest = ExportSource;

export interface PlannedImport {
  readonly verified: VerifiedExport;
  readonly target: Omit<ImportTarget, 'mark'>;
  /** Migrations that are applied after the rows are loaded. */
  readonly migrations: readonly { readonly version: string; readonly name: string }[];
}

export interface ImportRun extends ImportRequest {
  readonly plan: PlannedImport;
  /** How long another run is waited for. */
  readonly waitMs: number;
}

export interface ImportOutcome {
  readonly verified: VerifiedExport;
  /** It went on where an earlier run was interrupted. */
  readonly continued: boolean;
  /** Those after the version of the file. */
  readonly migrations: readonly AppliedMigration[];
  readonly milliseconds: number;
}

/** A lease that is taken only to see that nobody has it. */
const MOMENT_MS = 3_000;
/** What is wrong with the file or the database, not with the moment: to run it again would end in the same way. */
const FINAL: readonly ErrorCode[] = [
  'CONSTRAINT',
  'TOO_LARGE',
  'FILE_DAMAGED',
  'CHANGED_MEANWHILE',
  'VERIFICATION_FAILED',
];

/** Reads all of the file, and verifies it; writes nothing. @throws FILE_FAILED, FILE_DAMAGED, NOT_MIGRATED, NOT_EMPTY, CANNOT_BE_LOADED, … */
export async function planImport(
  { engine, signal, onProgress }: TaskContext,
  source: ImportRequest,
): Promise<PlannedImport> {
  // A large file is not read first.
  await refuseForeign(engine);
  const opened = await openExport(source);
  try {
    const { bytes: expected } = opened;
    const tell = (done: number) => onProgress?.({ activity: 'verifying', done, expected, unit: 'bytes' });
    tell(0);
    const verified = await verifyExport(engine, opened, MIGRATIONS, { signal, onBytes: tell });
    const { mark: _, ...target } = await inspectTarget(engine, verified);
    const migrations = MIGRATIONS.filter(({ version }) => version > verified.schema.version);
    return { verified, target, migrations: migrations.map(({ version, name }) => ({ version, name })) };
  } finally {
    await opened.close();
  }
}

/**
 * Builds the schema at the file's version, loads, reads all rows back, and migrates to the program's version. After an
 * interruption the same call continues; after a failure that would come again no row of the file is left.
 * @throws as {@link planImport}; LOCKED, VERIFICATION_FAILED, CHANGED_MEANWHILE, what a migration throws
 */
export async function runImport(
  context: TaskContext,
  { file, name = file, passphrase, plan, waitMs }: ImportRun,
): Promise<ImportOutcome> {
  keepHeapSmall();
  const { engine, program, signal, onNotice } = context;
  const { verified } = plan;
  const begun = performance.now();
  const startedAt = Date.now();
  const lock = await exclusiveLock(engine, { name: PURGE_LOCK, program, waitMs, signal });
  const opened = await openExport({ file, name, passphrase }).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  try {
    const fence = bothFences(context.fence, lock.fence);
    const { state, mark } = await inspectTarget(engine, verified);
    const request = { program, waitMs, signal };
    if (!mark?.isVerified) {
      const fresh = { seal: verified.seal, file: name, begun: new Date().toISOString() };
      if (!mark) await setMark(engine, { ...fresh, loaded: [], isVerified: false });
      await requireNoHousekeeper(engine, context, waitMs);
      // Of empty tables nobody has to hear.
      await migrate(engine, { ...request, target: verified.schema.version });
      await load({ ...context, fence }, opened, verified, mark?.loaded ?? []);
      lock.signal.throwIfAborted();
      await noteVerified(engine);
    }
    const onMigration = (progress: MigrationProgress) => onNotice?.({ kind: 'migration', progress });
    const migrations =
      plan.migrations.length === 0 ? [] : await migrate(engine, { ...request, onProgress: onMigration });
    await removeMark(engine);
    const rows = verified.sums.reduce((sum, table) => sum + table.rows, 0);
    const ended = {
      startedAt,
      endedAt: Date.now(),
      from: `${name} (${verified.source.where})`,
      rows,
    };
    await recordMove(engine, { duty: 'import', ...ended }, context);
    return {
      verified,
      continued: state === 'interrupted',
      migrations,
      milliseconds: Math.round(performance.now() - begun),
    };
  } finally {
    await opened.close();
    await lock.release();
  }
}

function modelAt(version: string): SchemaModel {
  return modelOf(MIGRATIONS.filter((migration) => migration.version <= version));
}

/** From the mark on no new one begins its duties; one that has begun is waited for. */
async function requireNoHousekeeper(
  engine: Engine,
  { program, signal }: TaskContext,
  waitMs: number,
): Promise<void> {
  const lease = await acquireLease(engine, {
    name: HOUSEKEEPER_LEASE,
    program,
    waitMs,
    timeToLiveMs: MOMENT_MS,
    signal,
  });
  await lease.release();
}

async function load(
  { engine, signal, fence, onProgress }: TaskContext,
  opened: Awaited<ReturnType<typeof openExport>>,
  verified: VerifiedExport,
  loaded: readonly string[],
): Promise<void> {
  const rows = verified.sums.reduce((sum, table) => sum + table.rows, 0);
  const options = {
    signal,
    fence,
    onLoaded: (done: number) =>
      onProgress?.({ activity: 'loading', done, expected: verified.bytes, unit: 'bytes' }),
    onRead: (done: number) => onProgress?.({ activity: 'checking', done, expected: rows, unit: 'rows' }),
  };
  try {
    await loadExport(engine, opened, verified, loaded, options);
    await requireLoaded(engine, verified, options);
    await continueNextIds(engine, verified);
  } catch (error) {
    if (!isMultiFlexiError(error) || !FINAL.includes(error.code)) throw error;
    await emptyTables(engine, modelOf(MIGRATIONS), new Set(), verified, { fence });
    await completeTables(engine, modelAt(verified.schema.version), { fence });
    await removeMark(engine);
    throw importUndone(error, engine.where);
  }
}
