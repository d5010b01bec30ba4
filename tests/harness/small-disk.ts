/** A disk of a few pages that only the commands run on it see, and that can be made larger. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounting takes rights that not every machine gives. */
export function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'multiflexi-mount-'));
  const { status } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', probe]);
  rmSync(probe, { recursive: true, force: true });
  return status === 0;
}

export class SmallDisk {
  /** Where its commands find it. */
  readonly path: string;
  private readonly shell;
  private said = '';

  private constructor(path: string, environment: Readonly<Record<string, string>>) {
    this.path = path;
    this.shell = spawn('unshare', ['--mount', 'sh'], {
      env: { PATH: process.env.PATH, ...environment, DISK: path },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
  }

  /** @param path a directory @param size as `64k` */
  static async mount(
    path: string,
    size: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<SmallDisk> {
    const disk = new SmallDisk(path, environment);
    await disk.run(`mount -t tmpfs -o size=${size} tmpfs "$DISK"`);
    return disk;
  }

  /** Where everybody else finds it, while its shell lives. */
  get seen(): string {
    return `/proc/${this.shell.pid}/root${this.path}`;
  }

  async enlarge(size: string): Promise<void> {
    await this.run(`mount -o remount,size=${size} "$DISK"`);
  }

  /** @returns its exit status and what it said */
  async run(command: string): Promise<{ readonly status: number; readonly said: string }> {
    this.said = '';
    this.shell.stdin.write(`( ${command} ) 2>&1; echo "ended with $?"\n`);
    for (;;) {
      const [, said, status] = /^(.*)ended with (\d+)\n$/s.exec(this.said) ?? [];
      if (status !== undefined) return { status: Number(status), said: said ?? '' };
      await once(this.shell.stdout, 'data');
    }
  }

  async unmount(): Promise<void> {
    const ended = once(this.shell, 'exit');
    this.shell.stdin.end();
    await ended;
  }
}
