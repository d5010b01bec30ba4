/** Fills the tables: first the platform, then its history, a block of jobs at a time. */
import type { Engine } from '../engines/index.ts';
import { ARTIFACT_COLUMNS, ARTIFACTS_PER_JOB, Artifacts } from './artifacts.ts';
import { type FirstIds, SAMPLE_TABLES, type SampleTableName } from './first-ids.ts';
import type { History } from './history.ts';
import { JOB_COLUMNS, type Job, jobRow, jobs } from './jobs.ts';
import { LOG_COLUMNS, LOG_ENTRIES_PER_JOB, LogEntries } from './log-entries.ts';
import { platform } from './platform.ts';
import type { Row } from './sample-table.ts';

/** Bounds the memory of jobs whose artifacts and log entries are still to come, and how long an abort waits. */
const JOBS_PER_BLOCK = 5_000;

export interface SampleProgress {
  readonly table: string;
  readonly rows: number;
  /** An estimate for artifacts and log entries, until the last of them is written. */
  readonly expected: number;
}

export interface Watch {
  readonly onProgress?: ((progress: SampleProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @returns the rows written, by table */
export async function load(
  engine: Engine,
  history: History,
  first: FirstIds,
  watch: Watch,
): Promise<ReadonlyMap<SampleTableName, number>> {
  const writer = new Writer(engine, watch);
  const background = platform(history, first);
  for (const { table, columns, rows } of background.tables) {
    await writer.write(table, columns, rows, rows.length);
  }
  const artifacts = new Artifacts(history, first);
  const log = new LogEntries(history, background, first);
  let done = 0;
  for (const block of blocks(jobs(history, background, first))) {
    done += block.length;
    const last = done === history.jobs;
    await writer.write('job', JOB_COLUMNS, rowsOf(block), history.jobs);
    await writer.write('artifacts', ARTIFACT_COLUMNS, artifacts.of(block), history.jobs * ARTIFACTS_PER_JOB);
    await writer.write('logger', LOG_COLUMNS, log.of(block, last), history.jobs * LOG_ENTRIES_PER_JOB);
  }
  writer.finish('artifacts');
  writer.finish('logger');
  return writer.written;
}

class Writer {
  readonly written = new Map<SampleTableName, number>(SAMPLE_TABLES.map((table) => [table, 0]));
  readonly #engine: Engine;
  readonly #watch: Watch;

  constructor(engine: Engine, watch: Watch) {
    this.#engine = engine;
    this.#watch = watch;
  }

  /** `expected` is what the table gets in all. */
  async write(
    table: SampleTableName,
    columns: readonly string[],
    rows: Iterable<Row>,
    expected: number,
  ): Promise<void> {
    const { onProgress, signal } = this.#watch;
    signal?.throwIfAborted();
    const before = this.written.get(table) ?? 0;
    const tell = (count: number) =>
      onProgress?.({ table, rows: before + count, expected: Math.max(expected, before + count) });
    const count = await this.#engine.bulkLoad({ table, columns, rows, onProgress: tell });
    this.written.set(table, before + count);
  }

  /** Corrects an estimate, now that it is known better. */
  finish(table: SampleTableName): void {
    const rows = this.written.get(table) ?? 0;
    this.#watch.onProgress?.({ table, rows, expected: rows });
  }
}

function* rowsOf(block: readonly Job[]): Generator<Row> {
  for (const job of block) yield jobRow(job);
}

function* blocks(all: Iterable<Job>): Generator<readonly Job[]> {
  let block: Job[] = [];
  for (const job of all) {
    block.push(job);
    if (block.length < JOBS_PER_BLOCK) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}
