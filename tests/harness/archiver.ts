/** Starts {@link ./archiving-process.ts} and kills it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises';
import type { Ending, Orders, Stage } from './archiving-process.ts';
import { ended, processFile } from './processes.ts';

/** Whether files, by their paths, are those that are waited for. */
export type Sight = (files: readonly string[]) => boolean;

/** What goes. */
export type Wanted = Pick<Orders, 'olderThan' | 'logs'> & Partial<Pick<Orders, 'waitMs'>>;

export class Archiver {
  private readonly orders: Pick<Orders, 'settings' | 'directory' | 'passphrase'>;

  constructor(orders: Pick<Orders, 'settings' | 'directory' | 'passphrase'>) {
    this.orders = orders;
  }

  /** To the end, cut off at these stages. @throws an Error with what it said, unless it ends well */
  async run(wanted: Wanted, stages: readonly Stage[] = []): Promise<Ending> {
    const child = this.start(wanted, 'cut', stages);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      stderr += text;
    });
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
    return JSON.parse(stdout.split('\n')[1] ?? '');
  }

  /** @returns its exit status, or the signal that ended it */
  async diesAfter(stage: Stage, wanted: Wanted): Promise<number | string> {
    return ended(this.start(wanted, 'die', [stage]));
  }

  async diesIn(milliseconds: number, wanted: Wanted): Promise<number | string> {
    const child = this.start(wanted, 'die');
    const end = ended(child);
    await once(child.stdout, 'data');
    await sleep(milliseconds);
    child.kill('SIGKILL');
    return end;
  }

  /** Once there is something to see that was not there before. */
  async diesWhen(sight: Sight, wanted: Wanted): Promise<number | string> {
    const before = new Set(filesIn(this.orders.directory));
    const child = this.start(wanted, 'die');
    const end = ended(child);
    await once(child.stdout, 'data');
    const isNew = (file: string) => !before.has(file);
    while (child.exitCode === null && !sight(filesIn(this.orders.directory).filter(isNew))) await otherWork();
    child.kill('SIGKILL');
    return end;
  }

  private start(wanted: Wanted, how: Orders['how'], stages: readonly Stage[] = []) {
    const orders: Orders = { waitMs: 60_000, ...this.orders, ...wanted, how, stages };
    return spawn(process.execPath, [processFile('archiving'), JSON.stringify(orders)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** A file of that name. */
export function hasFile(name: string | RegExp): Sight {
  return (files) =>
    files.some((file) => (typeof name === 'string' ? basename(file) === name : name.test(basename(file))));
}

/** A file with these words in one of its heads. */
export function hasWords(words: string): Sight {
  return (files) => files.some((file) => there(() => readFileSync(file).includes(words), false));
}

function filesIn(directory: string): string[] {
  const namesIn = (path: string) => there(() => readdirSync(path), []).map((name) => join(path, name));
  return namesIn(directory).flatMap(namesIn);
}

/** What is looked at may be renamed or removed meanwhile, and locks lie beside the archives. */
function there<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^ENO(ENT|TDIR)$/.test(String(error.code)))
      return otherwise;
    throw error;
  }
}
