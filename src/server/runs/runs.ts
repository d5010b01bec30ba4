/** Runs since the server was started. There is one at a time; it belongs to nobody's browser. */
import type { Route } from '../routes/contract.ts';
import { routeName } from '../routes/contract.ts';
import type { Order } from '../work/contract.ts';
import type { Lane } from '../work/lane.ts';
import { Run } from './run.ts';

const MOST = 20;

export class Runs {
  private readonly lane: Lane;
  private readonly onEnd: () => void;
  private runs: Run[] = [];

  /** @param onEnd told when one has ended: the database is another one then */
  constructor(lane: Lane, onEnd: () => void) {
    this.lane = lane;
    this.onEnd = onEnd;
  }

  /** The one in progress; undefined where there is none. */
  get current(): Run | undefined {
    return this.runs.find((run) => !run.isOver);
  }

  /** Newest first. */
  get all(): readonly Run[] {
    return this.runs;
  }

  find(id: string): Run | undefined {
    return this.runs.find((run) => run.id === id);
  }

  /** Begins one, where none is in progress. */
  start(route: Route, by: string, input: unknown, kept: Order['kept']): Run {
    const run = new Run(route.command, by);
    this.runs = [run, ...this.runs].slice(0, MOST);
    this.lane
      .ask({ name: routeName(route), input, kept, by, recorded: true }, 0, run.ending.signal, {
        onProgress: (progress) => run.progressed(progress),
        onNotice: (notice) => run.told(notice),
      })
      .then((outcome) => {
        run.ended(outcome);
        this.onEnd();
      });
    return run;
  }

  /** Tells the one in progress to end, and waits for that. @param patienceMs how long */
  async stop(patienceMs: number): Promise<void> {
    const { current } = this;
    if (!current) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const off = current.onChange(() => current.isOver && resolve());
    const late = setTimeout(resolve, patienceMs);
    current.ending.abort();
    await promise;
    clearTimeout(late);
    off();
  }
}
