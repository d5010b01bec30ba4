/** The copy while the platform goes on: all rows first, then what changed meanwhile, until little is left for the stop. */
import type { Engine } from '../../engines/index.ts';
import {
  countsAs,
  type Known,
  type MovedTable,
  makeSame,
  type Pass,
  readingMsOf,
} from '../../transfer/index.ts';
import type { TaskContext } from '../context.ts';

export interface Sides {
  /** Reads the source. */
  readonly reader: Engine;
  readonly target: Engine;
  readonly targetReader: Engine;
  readonly tables: readonly MovedTable[];
  /** How many rows the source has, about. */
  readonly rows: number;
}

export interface Copied {
  /** What the target is known to have. */
  readonly known: Known;
  readonly changed: number;
  /** About how long the stop would take now, in milliseconds. */
  readonly stopMs: number;
}

/** More would not make the stop shorter, where as much is written as can be copied. */
const MOST_ROUNDS = 4;
/** Copying less than that is left for the stop, in milliseconds. */
const LITTLE_MS = 500;

/** @throws what databases throw; the signal's reason */
export async function copyWhileRunning(context: TaskContext, sides: Sides): Promise<Copied> {
  const { onNotice } = context;
  const first = await pass(context, sides, 'copying');
  onNotice?.({
    kind: 'switch',
    step: { step: 'copied', rows: first.changed, ms: first.comparing + first.copying },
  });
  let last = await pass(context, sides, 'comparing', first);
  let changed = first.changed + last.changed;
  // Whoever writes to the target is better found before anybody is stopped for it.
  if (!(await countsAs(sides.targetReader, last.portions))) {
    last = await pass(context, sides, 'comparing');
    changed += last.changed;
  }
  for (let round = 1; round < MOST_ROUNDS && last.copying > LITTLE_MS; round++) {
    const next = await pass(context, sides, 'comparing', last);
    changed += next.changed;
    const isQuicker = next.copying < last.copying;
    last = next;
    if (!isQuicker) break;
  }
  onNotice?.({
    kind: 'switch',
    step: { step: 'caught-up', rows: changed - first.changed, ms: last.comparing + last.copying },
  });
  const readingMs = (side: Engine) => readingMsOf(side, last.portions, context.signal);
  // Somebody may write until the stop begins: then all of it is compared there.
  const comparing = last.unchanged ? await readingMs(sides.reader) : last.comparing;
  const verifying = await readingMs(sides.targetReader);
  return { known: last, changed, stopMs: comparing + last.copying + verifying };
}

/** One computes while the other waits for its server. */
export const READERS = 2;

async function pass(
  { signal, onProgress }: TaskContext,
  { reader, target, targetReader, tables, rows }: Sides,
  activity: 'copying' | 'comparing',
  known?: Known,
): Promise<Pass> {
  let done = 0;
  const onRows = (more: number) => {
    done += more;
    onProgress?.({ activity, done, expected: Math.max(rows, done), unit: 'rows' });
  };
  const snapshot = await reader.snapshot(READERS);
  try {
    const [first, ...others] = snapshot.readers;
    const side = (db: typeof first) => ({ engine: reader, db });
    const sources = [side(first), ...others.map(side)] as const;
    return await makeSame({ sources, target, targetReader, tables, known, signal, onRows });
  } finally {
    await snapshot.close();
  }
}
