/** The database, or a part of it, written to a file or a stream from one snapshot, while the platform runs. */
import { companySlugs, findCompany } from '../cleanup/index.ts';
import type { Engine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { keepHeapSmall } from '../system/index.ts';
import {
  applyExport,
  type ExportForm,
  type ExportPlan,
  type ExportResult,
  type Passphrase,
  planExport as plan,
  type TextSink,
} from '../transfer/index.ts';
import type { TaskContext } from './context.ts';
import { recordExport } from './history/exports.ts';

export interface ExportRequest {
  /** Its slug or id; null for all companies. */
  readonly company: string | null;
  /** Only these tables, and what they refer to; null for all. */
  readonly tables: readonly string[] | null;
  readonly without: readonly string[];
  /** A file, absolute; null for a stream. */
  readonly file: string | null;
  readonly encrypted: boolean;
}

export interface ExportRun {
  /** Where an export without a file is written to. */
  readonly sink?: TextSink | undefined;
  readonly passphrase?: Passphrase | undefined;
}

export interface ExportOutcome extends ExportResult {
  readonly file: string | null;
  readonly form: ExportForm;
  readonly encrypted: boolean;
  /** When it was begun, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Whether it has all rows of all tables. */
  readonly isWhole: boolean;
  readonly company: ExportPlan['company'];
}

/** Reads only. @throws UNKNOWN_TARGET, USAGE, CANNOT_BE_SAVED, NOT_MIGRATED, FOREIGN_DATABASE */
export async function planExport(
  { engine }: Pick<TaskContext, 'engine'>,
  { company, ...request }: ExportRequest,
): Promise<ExportPlan> {
  return plan(engine, { ...request, company: company === null ? null : await companyOf(engine, company) });
}

/**
 * Writes nothing to the database: {@link noteExport} does that, for whom it may be written by.
 * @throws as {@link planExport}, and CANNOT_BE_SAVED, VERIFICATION_FAILED, FILE_FAILED, NO_ROOM
 */
export async function runExport(
  context: TaskContext,
  request: ExportRequest,
  { sink, passphrase }: ExportRun,
): Promise<ExportOutcome> {
  keepHeapSmall();
  const { engine, signal, onProgress, onNotice } = context;
  const startedAt = Date.now();
  const planned = await planExport(context, request);
  if (planned.added.length > 0) onNotice?.({ kind: 'tables-added', tables: planned.added });
  const result = await applyExport(engine, planned, {
    ...{ sink, passphrase, signal },
    onProgress: ({ rows, bytes }) =>
      onProgress?.({ activity: 'exporting', done: rows, expected: planned.rows, unit: 'rows', bytes }),
    onStall: (ms) => onNotice?.({ kind: 'stalled', ms }),
  });
  const accounts = result.tables.find(({ name }) => name === 'user')?.rows ?? 0;
  if (planned.company && accounts > 0) onNotice?.({ kind: 'accounts-exported', rows: accounts });
  const { file, form, company, encrypted } = planned;
  const isWhole = company === null && request.tables === null && request.without.length === 0;
  return { ...result, file, form, company, encrypted, startedAt, isWhole };
}

/** Keeps in the history that it was made, or tells why that cannot be: the export is as good without. */
export async function noteExport(
  open: () => Promise<Engine>,
  outcome: ExportOutcome,
  { signal, onNotice }: Pick<TaskContext, 'signal' | 'onNotice'>,
): Promise<boolean> {
  try {
    const engine = await open();
    try {
      await recordExport(engine, { ...outcome, endedAt: outcome.startedAt + outcome.milliseconds }, signal);
    } finally {
      await engine.close();
    }
    return true;
  } catch (error) {
    if (!isMultiFlexiError(error)) throw error;
    onNotice?.({ kind: 'not-recorded', why: error.message });
    return false;
  }
}

async function companyOf(engine: Engine, word: string) {
  const id = await findCompany(engine, word);
  return { id, slug: (await companySlugs(engine, [id])).get(id) ?? word };
}
