/** A housekeeper as a process of its own, which is killed or frozen where its orders say. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Orders, Said } from './housekeeping-process.ts';
import { ended, processFile, standsStill, startForTest } from './processes.ts';

export class Housekeeping {
  readonly child: ChildProcessWithoutNullStreams;
  readonly end: Promise<number | string>;
  private readonly lines: AsyncIterator<string>;

  constructor(orders: Orders) {
    this.child = startForTest(process.execPath, [processFile('housekeeping'), JSON.stringify(orders)]);
    this.end = ended(this.child);
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  async next(): Promise<Said> {
    const { value } = await this.lines.next();
    if (value === undefined) throw new Error(`the process said no more, and ended with ${await this.end}`);
    const said = JSON.parse(value) as Said;
    if (said.said === 'freezes') await standsStill(this.child);
    return said;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.end;
  }
}
