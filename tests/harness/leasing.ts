/** Processes that hold a lease, as a test sees them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestDatabase } from './engines.ts';
import type { Orders, Said } from './leasing-process.ts';
import { ended, processFile } from './processes.ts';

export class Leasing {
  readonly child: ChildProcess;
  readonly end: Promise<number | string>;
  private readonly lines: AsyncIterator<string>;

  /** Opens the database, and waits to be told to {@link begin}. */
  static async start(
    database: TestDatabase,
    orders: Partial<Omit<Orders, 'settings'>> = {},
  ): Promise<Leasing> {
    const leasing = new Leasing({
      settings: database.settings,
      host: 'host-a',
      clockMs: 0,
      timeToLiveMs: 2_000,
      waitMs: 0,
      ...orders,
    });
    await leasing.hears('ready');
    return leasing;
  }

  private constructor(orders: Orders) {
    this.child = spawn(process.execPath, [processFile('leasing'), JSON.stringify(orders)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.end = ended(this.child);
    if (!this.child.stdout) throw new Error('no stdout');
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  begin(): void {
    this.child.stdin?.write('begin\n');
  }

  async next(): Promise<Said> {
    const { value } = await this.lines.next();
    if (value === undefined) throw new Error('the process said no more');
    return JSON.parse(value) as Said;
  }

  async hears<Word extends Said['said']>(word: Word): Promise<Extract<Said, { said: Word }>> {
    const said = await this.next();
    if (said.said !== word) throw new Error(`not ${word}: ${JSON.stringify(said)}`);
    return said as Extract<Said, { said: Word }>;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.end;
  }
}
