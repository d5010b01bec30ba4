/** A thread that sums ranges of rows: it has a connection of its own, and one session of that. */
import { parentPort } from 'node:worker_threads';
import { type Engine, openEngine, type Snapshot } from '../../../engines/index.ts';
import { RowSum } from '../../row-stream/values.ts';
import { digestsOf, sumOf } from '../portions.ts';
import type { Answer, Order } from './messages.ts';

/** Begins to take orders, one after the other; it never ends by itself. */
export function serveSums(): void {
  const port = parentPort;
  if (!port) throw new Error('this is no thread');
  const perform = performer();
  let last: Promise<unknown> = Promise.resolve();
  port.on('message', (order: Order) => {
    last = last
      .then(() => perform(order))
      .catch(() => null)
      .then((answer) => port.postMessage({ id: order.id, answer } satisfies Answer));
  });
}

function performer(): (order: Order) => Promise<Answer['answer']> {
  let engine: Engine | undefined;
  let snapshot: Snapshot | undefined;
  const leaveMoment = async () => {
    const left = snapshot;
    snapshot = undefined;
    await left?.close();
  };
  return async (order) => {
    if (order.do === 'open') {
      await leaveMoment();
      const left = engine;
      engine = undefined;
      await left?.close();
      engine = await openEngine(order.settings, 'inspect');
      return 'open';
    }
    if (!engine) return null;
    if (order.do === 'join') {
      await leaveMoment();
      snapshot = await (order.moment === null ? engine.snapshot(1) : engine.snapshotAt(order.moment));
      return 'joined';
    }
    if (!snapshot) return null;
    const side = { engine, db: snapshot.readers[0] };
    if (order.do === 'sum') return (await sumOf(side, order.table, order.range)).parts;
    const known = order.known === null ? undefined : RowSum.of(order.known);
    const { sum, rows } = await digestsOf(side, order.table, order.range, known);
    return { sum: sum.parts, rows };
  };
}
