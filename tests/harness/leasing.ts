/** Processes that hold a lease, as a test sees them. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestDatabase } from './engines.ts';
import type { Orders, Said } from './leasing-process.ts';
import { ended, processFile, standsStill, startForTest } from './processes.ts';

export class Leasing {
  readonly child: ChildProcessWithoutNullStreams;
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
    this.child = startForTest(process.execPath, [processFile('leasing'), JSON.stringify(orders)]);
    this.end = ended(this.child);
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  begin(): void {
    this.child.stdin.write('begin\n');
  }

  async next(): Promise<Said> {
    const { value } = await this.lines.next();
    if (value === undefined) throw new Error('the process said no more');
    const said = JSON.parse(value) as Said;
    if (said.said === 'freezes') await standsStill(this.child);
    return said;
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
