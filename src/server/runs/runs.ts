/** Runs since the server was started. There is one at a time; it belongs to nobody's browser. */
import type { Plans } from '../plans.ts';
import type { Route } from '../routes/contract.ts';
import { routeName } from '../routes/contract.ts';
import type { Order } from '../work/contract.ts';
import type { Lane, Outcome } from '../work/lane.ts';
import { Run } from './run.ts';

const MOST = 20;

export class Runs {
  private readonly lane: Lane;
  private readonly plans: Plans;
  private readonly onEnd: (run: Run, outcome: Outcome) => void;
  private runs: Run[] = [];

  /** @param plans keeps what dry runs have planned @param onEnd told when one has ended: the database is as it made it then */
  constructor(lane: Lane, plans: Plans, onEnd: (run: Run, outcome: Outcome) => void) {
    this.lane = lane;
    this.plans = plans;
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

  /** Begins one, where none is in progress. One that is dry plans for as long as it takes, and leaves nothing in the history. */
  start(route: Route, by: string, input: Readonly<Record<string, unknown>>, kept: Order['kept']): Run {
    const dry = input.dry_run === true;
    const name = dry ? `PLAN ${route.command}` : routeName(route);
    const run = new Run(route, by, dry);
    this.runs = [run, ...this.runs].slice(0, MOST);
    this.lane
      .ask({ name, input, kept, by, recorded: !dry }, 0, run.ending.signal, {
        onProgress: (progress) => run.progressed(progress),
        onNotice: (notice) => run.told(notice),
      })
      .then((outcome) => {
        const plan = outcome.kind === 'done' ? this.plans.keep(route.command, input, outcome.answer) : null;
        // Whoever is told that it has ended looks at the database at once.
        this.onEnd(run, outcome);
        run.ended(outcome, plan);
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
