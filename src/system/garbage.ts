/**
 * Buffers are outside of V8's heap, which lets 64 MB of them pile up before it looks for those that nobody needs. While
 * values stream through this process that is a third of all its memory. A look at the youngest takes a millisecond; what
 * was in use just then counts as old from then on, and takes a look at all, of some ten milliseconds.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' | 'major' }) => void;

let collect: Collect | undefined;

function collector(): Collect {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  return collect;
}

/** What streams by is made to be garbage soon: how much of it there may be, in bytes. */
const YOUNG_BYTES = 2 * 1024 * 1024;
const ALL_BYTES = 8 * 1024 * 1024;

let young = 0;
let all = 0;

/** @param bytes that have streamed by since the last call */
export function collectStreamed(bytes: number): void {
  young += bytes;
  all += bytes;
  if (all >= ALL_BYTES) {
    collector()({ type: 'major' });
    [young, all] = [0, 0];
  } else if (young >= YOUNG_BYTES) {
    collector()({ type: 'minor' });
    young = 0;
  }
}

/** The same for what is of no use when the next of its kind comes: it never grows old. */
export function collectPassing(bytes: number): void {
  young += bytes;
  if (young < YOUNG_BYTES) return;
  collector()({ type: 'minor' });
  young = 0;
}

/**
 * For work through which millions of small rows pass: V8 would let its heap grow to twice what is in use before it looks again, and most
 * of that is garbage. From here on it looks when the heap has grown by a fifth, which costs a few percent of the time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
}
