/** A housekeeper as a process of its own, which is killed or frozen where its orders say. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Orders, Said } from './housekeeping-process.ts';
import { ended, processFile } from './processes.ts';

export class Housekeeping {
  readonly child: ChildProcess;
  readonly end: Promise<number | string>;
  private readonly lines: AsyncIterator<string>;

  constructor(orders: Orders) {
    this.child = spawn(process.execPath, [processFile('housekeeping'), JSON.stringify(orders)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.end = ended(this.child);
    if (!this.child.stdout) throw new Error('no stdout');
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  async next(): Promise<Said> {
    const { value } = await this.lines.next();
    if (value === undefined) throw new Error(`the process said no more, and ended with ${await this.end}`);
    return JSON.parse(value) as Said;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.end;
  }
}
