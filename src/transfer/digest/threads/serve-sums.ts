/** A thread that sums ranges of rows: it has a connection of its own, and one session of that. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Engine, openEngine, type Snapshot } from '../../../engines/index.ts';
import { sumOf } from '../portions.ts';
import type { Answer, Order, ThreadData } from './messages.ts';

/** Begins to take orders, one after the other; it never ends by itself. */
export function serveSums(): void {
  const port = parentPort;
  if (!port) throw new Error('this is no thread');
  const { settings } = workerData as ThreadData;
  const tell = (answer: Answer) => port.postMessage(answer);
  const opened = openEngine(settings, 'inspect');
  let snapshot: Snapshot | undefined;
  let last: Promise<unknown> = opened.then(
    () => tell({ id: 0, answer: 'open' }),
    () => tell({ id: 0, answer: null }),
  );
  const perform = async (engine: Engine, order: Order): Promise<Answer['answer']> => {
    if (order.do === 'join') {
      await snapshot?.close();
      snapshot = undefined;
      snapshot = await (order.moment === null ? engine.snapshot(1) : engine.snapshotAt(order.moment));
      return 'joined';
    }
    if (!snapshot) return null;
    return (await sumOf({ engine, db: snapshot.readers[0] }, order.table, order.range)).parts;
  };
  port.on('message', (order: Order) => {
    last = last
      .then(async () => perform(await opened, order))
      .catch(() => null)
      .then((answer) => tell({ id: order.id, answer }));
  });
}
