/** Carries the plan of an export out. */
import { statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Engine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { StallWatch } from '../../pacing/index.ts';
import { fileFailure } from '../../system/index.ts';
import { bytes as sizeWords } from '../../written-numbers.ts';
import type { Passphrase } from '../row-stream/encryption.ts';
import { inSnapshot } from '../snapshot.ts';
import { writeCompact } from './compact-form.ts';
import { exportFailed, noRoomToExport } from './failures.ts';
import { type ExportHead, nextIdsOf } from './header.ts';
import { writeJson } from './json-form.ts';
import type { ExportPlan } from './plan.ts';
import { type ExportedTable, type ExportReading, exportReading } from './reading.ts';
import { TextFile, type TextSink } from './text-sink.ts';

/** Sessions that read at a time. Decoding and encoding is one thread's work: more of them would wait for it. */
const READERS = 2;

export interface ExportOptions {
  /** Where an export without a file is written to. */
  readonly sink?: TextSink | undefined;
  /** Of an encrypted export. */
  readonly passphrase?: Passphrase | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly rows: number; readonly bytes: number }) => void) | undefined;
  /** Nothing has been read or written for so many milliseconds. */
  readonly onStall?: ((ms: number) => void) | undefined;
}

export interface ExportResult {
  readonly tables: readonly ExportedTable[];
  readonly rows: number;
  /** Written. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/**
 * Reads one moment of the database.
 * @throws CANNOT_BE_SAVED for a row that could not be imported, VERIFICATION_FAILED for a row of another company, FILE_FAILED,
 * NO_ROOM, what the sink throws, the signal's reason; then there is no file, and a stream has no end that says it is complete
 */
export async function applyExport(
  engine: Engine,
  plan: ExportPlan,
  { sink, passphrase, signal, onProgress, onStall }: ExportOptions = {},
): Promise<ExportResult> {
  const started = performance.now();
  const { file } = plan;
  requireRoom(plan);
  const watch = new StallWatch((ms) => onStall?.(ms));
  const ended = new AbortController();
  let rows = 0;
  const onPage = (more: number, bytes: number) => {
    rows += more;
    watch.progressed();
    onProgress?.({ rows, bytes });
  };
  try {
    // Before the snapshot: in its transaction, a refusal would be its end.
    const head = await headWithNextIds(engine, plan);
    const readers = plan.contents.ofCompany || plan.form === 'json' ? 1 : READERS;
    const written = await inSnapshot(engine, readers, async (sessions) => {
      const { tables, ofCompany } = plan.contents;
      const reading = await exportReading(
        engine,
        sessions,
        { tables },
        {
          ...{ company: ofCompany, asLines: plan.form === 'compact', onPage },
          signal: AbortSignal.any(signal ? [signal, ended.signal] : [ended.signal]),
        },
      );
      return write({ ...plan, head }, reading, sink, passphrase);
    });
    return { ...written, rows, milliseconds: Math.round(performance.now() - started) };
  } catch (error) {
    throw isMultiFlexiError(error) ? exportFailed(error, file, error) : error;
  } finally {
    ended.abort();
    watch.end();
  }
}

/** How many rows others have had is no company's business. */
async function headWithNextIds(engine: Engine, { head, contents }: ExportPlan): Promise<ExportHead> {
  if (contents.ofCompany) return head;
  const nextIds = await nextIdsOf(
    engine,
    contents.tables.map(({ name }) => name),
  );
  return nextIds === undefined ? head : { ...head, schema: { ...head.schema, nextIds } };
}

async function write(
  { head, file, form, encrypted }: ExportPlan,
  reading: ExportReading,
  sink: TextSink | undefined,
  passphrase: Passphrase | undefined,
): Promise<Pick<ExportResult, 'tables' | 'bytes'>> {
  if (file === null) {
    if (!sink) throw new Error('an export has neither a file nor a stream');
    return writeJson(reading, head, sink);
  }
  if (encrypted && !passphrase) throw new Error('an encrypted export has no passphrase');
  if (form === 'compact')
    return writeCompact(reading, head, file, encrypted ? await passphrase?.fresh() : undefined);
  const text = await TextFile.create(file);
  try {
    const written = await writeJson(reading, head, text);
    await text.finish();
    return written;
  } catch (error) {
    await text.abandon();
    throw error;
  }
}

/** An estimate: a disk that is full all the same ends the export, and leaves nothing. @throws NO_ROOM, FILE_FAILED */
function requireRoom({ file, bytes }: ExportPlan): void {
  if (file === null) return;
  let free: number;
  try {
    const { bavail, bsize } = statfsSync(dirname(resolve(file)));
    free = bavail * bsize;
  } catch (error) {
    throw fileFailure(file, error);
  }
  if (free < bytes) throw noRoomToExport(file, sizeWords(bytes), sizeWords(free));
}
