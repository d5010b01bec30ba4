/** The stop: writers are kept out of the source, the rest is copied, and the copy is held against the source once more. */
import { sql } from 'kysely';
import { countOrphans, keyName } from '../../cleanup/index.ts';
import type { Engine } from '../../engines/index.ts';
import {
  continueIds,
  copyDiffers,
  isUnchanged,
  type Journal,
  makeSame,
  ofOneMoment,
  stopOverdue,
  stopTooLong,
  takesDigests,
  verifySame,
  whileNobodyWrites,
  withSummingThread,
} from '../../transfer/index.ts';
import type { TaskContext } from '../context.ts';
import { foreignKeys } from '../foreign-keys.ts';
import { type Copied, READERS, type Sides } from './copy.ts';

type Receipt = NonNullable<Journal['receipt']>;

export interface StopOptions {
  /** How long the platform's writes may wait, in milliseconds. */
  readonly maxStopMs: number | undefined;
  /** For the last comparison, by a session of its own. */
  readonly openTarget: () => Promise<Engine>;
  /** The last look before anybody has to wait. */
  readonly beforeStop: () => void;
  /** While writers are still kept out, and the copy is the same. */
  readonly onSame: (receipt: Receipt) => Promise<void>;
}

export interface Stopped {
  readonly receipt: Receipt;
  readonly changed: number;
  readonly ms: number;
}

/** How long transactions of others are waited for that have written. */
const WAIT_MS = 30_000;

/** @throws CANNOT_SWITCH, VERIFICATION_FAILED, LOCK_TIMEOUT and others; then writers are let in again */
export async function stopAndVerify(
  context: TaskContext,
  sides: Sides,
  copied: Copied,
  options: StopOptions,
): Promise<Stopped> {
  const { engine: source, signal, onNotice } = context;
  const { maxStopMs } = options;
  if (maxStopMs !== undefined && copied.stopMs > maxStopMs)
    throw stopTooLong(Math.ceil(copied.stopMs / 1000), Math.ceil(maxStopMs / 1000));
  options.beforeStop();
  onNotice?.({ kind: 'switch', step: { step: 'holds-writers', expectedMs: copied.stopMs } });
  const tables = sides.tables.map(({ table }) => table.name);
  const started = performance.now();
  const held = await source.holdWriters({ tables, waitMs: WAIT_MS, signal });
  const deadline = maxStopMs === undefined ? undefined : AbortSignal.timeout(maxStopMs);
  const signals = [signal, held.signal, deadline].filter((one) => one !== undefined);
  try {
    const { receipt, changed } = await copyTheRest(sides, copied, AbortSignal.any(signals), options);
    // A session that was ended let writers in: whoever asks on it learns that.
    await sql`select 1 as one`.execute(held.kysely<unknown>());
    for (const one of signals) one.throwIfAborted();
    // Where statements block, no timer was heard.
    if (maxStopMs !== undefined && performance.now() - started > maxStopMs)
      throw stopOverdue(Math.ceil(maxStopMs / 1000));
    await options.onSame(receipt);
    return { receipt, changed, ms: performance.now() - started };
  } catch (error) {
    if (maxStopMs !== undefined && deadline?.aborted && error === deadline.reason)
      throw stopOverdue(Math.ceil(maxStopMs / 1000));
    throw error;
  } finally {
    await held.release();
    onNotice?.({ kind: 'switch', step: { step: 'released', ms: performance.now() - started } });
  }
}

async function copyTheRest(
  { reader, target, targetReader, tables, rows }: Sides,
  { known }: Copied,
  signal: AbortSignal,
  { openTarget }: StopOptions,
): Promise<Pick<Stopped, 'receipt' | 'changed'>> {
  const witness = await openTarget();
  try {
    const unchanged = await ofOneMoment(reader, (source) => isUnchanged(source, known));
    const read = unchanged ? ([witness] as const) : ([reader, witness] as const);
    return await withSummingThread(read, rows, async (thread) => {
      const { portions, changed } = await whileNobodyWrites(reader, { readers: READERS, thread }, (sources) =>
        makeSame({ sources, target, targetReader, tables, known, signal }),
      );
      if (takesDigests(witness)) await thread?.close();
      const receipt = await ofOneMoment(reader, async (source) => {
        await continueIds(tables, source, { engine: target, db: target.kysely<unknown>() });
        const verified = await whileNobodyWrites(witness, { readers: READERS, thread }, (there) =>
          verifySame(tables, portions, source, there, { signal }),
        );
        await requireSame(witness, verified.differences);
        return { at: new Date().toISOString(), tables: [...verified.receipt.tables] };
      });
      return { receipt, changed };
    });
  } finally {
    await witness.close();
  }
}

/** @throws VERIFICATION_FAILED where there are differences, or rows of the copy refer to none */
async function requireSame(witness: Engine, differences: readonly string[]): Promise<void> {
  const lost = await countOrphans(witness, witness.kysely<unknown>(), foreignKeys(), { quick: false });
  const orphans = lost.map(
    ({ key, count }) => `${count} rows of the copy refer by ${keyName(key)} to rows that do not exist`,
  );
  if (differences.length + orphans.length > 0) throw copyDiffers([...differences, ...orphans]);
}
