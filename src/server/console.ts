/** All that a console is made of, once. */
import type { Doorkeeper } from './access/doorkeeper.ts';
import { FailedLogins } from './access/failed-logins.ts';
import { Sessions } from './access/sessions.ts';
import type { ConsoleOptions, HttpLimits } from './contract.ts';
import type { Hosts } from './http/hosts.ts';
import { Plans } from './plans.ts';
import type { Route } from './routes/contract.ts';
import type { Run } from './runs/run.ts';
import { Runs } from './runs/runs.ts';
import { Snapshots } from './snapshots.ts';
import type { OpenedDatabase } from './work/contract.ts';
import { Lane, type Outcome } from './work/lane.ts';

export const LIMITS: HttpLimits = {
  requestMs: 15_000,
  headMs: 5_000,
  bodyBytes: 64 * 1024,
  trustMs: 10_000,
  loginRestMs: [250, 8_000],
};

/** How long the thread of plans and runs may be without work, in milliseconds. */
const WORK_REST_MS = 20_000;

export class Console {
  readonly options: ConsoleOptions;
  readonly limits: HttpLimits;
  readonly hosts: Hosts;
  /** The name of the cookie: a browser sends it to all ports of a host. */
  readonly cookie: string;
  readonly doorkeeper: Doorkeeper;
  readonly sessions = new Sessions();
  readonly failedLogins: FailedLogins;
  readonly snapshots = new Snapshots();
  readonly plans = new Plans();
  readonly runs: Runs;
  /** For what is looked at, and for small changes. */
  readonly panels: Lane;
  /** For what takes its time: plans, and the one run. */
  private readonly work: Lane;
  /** How many changes of a row or two are on their way. */
  changing = 0;
  /** When somebody who had logged in last asked for something, in milliseconds of the process. */
  private usedAt = performance.now();

  constructor(options: ConsoleOptions, doorkeeper: Doorkeeper, hosts: Hosts, cookie: string, panels: Lane) {
    this.options = options;
    this.limits = { ...LIMITS, ...options.limits };
    this.doorkeeper = doorkeeper;
    this.hosts = hosts;
    this.cookie = cookie;
    this.failedLogins = new FailedLogins(this.limits.loginRestMs);
    this.panels = panels;
    this.work = new Lane({ settings: options.settings, words: options.words }, WORK_REST_MS);
    this.runs = new Runs(this.work, this.plans, (run, outcome) => this.ended(run, outcome));
  }

  /** Threads open what the settings name, each time; so what was seen and planned before is all there is of the database that was left. */
  private ended({ changesDatabase }: Run, outcome: Outcome): void {
    this.snapshots.forget();
    if (!changesDatabase) return;
    this.snapshots.dropAll();
    this.plans.dropAll();
    if (outcome.kind === 'done') this.panels.database = outcome.answer.database;
  }

  /** A plan may take long, and pages must not wait for it; during a run they share a connection. */
  laneFor({ kind }: Route): Lane {
    return kind === 'plan' && !this.runs.current ? this.work : this.panels;
  }

  /** The one that pages are about, as it was seen last; null before it has answered. */
  get database(): OpenedDatabase | null {
    return this.panels.database ?? this.work.database;
  }

  used(): void {
    this.usedAt = performance.now();
  }

  /** For how long nobody has asked for anything, in milliseconds; 0 during a run. */
  get idleMs(): number {
    return this.runs.current ? 0 : performance.now() - this.usedAt;
  }

  async close(patienceMs: number): Promise<void> {
    await this.runs.stop(patienceMs);
    await Promise.all([this.panels.close(), this.work.close()]);
  }
}
