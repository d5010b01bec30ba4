/**
 * A Debian machine to install packages on: a minimal system, changed in a layer of its own, with processes, mounts and a network of
 * its own. Its first process reads a pipe of ours: when that is closed, however we ended, the kernel ends all of its processes and
 * takes its mounts away.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ran {
  readonly status: number;
  /** What it wrote to both outputs. */
  readonly said: string;
}

/** Longer than anything here takes on a busy machine; whatever takes longer hangs. */
const PATIENCE_MS = 420_000;

const SETUP = `set -e
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --rbind /sys "$ROOT/sys"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
for device in null zero full random urandom tty; do
  : > "$ROOT/dev/$device"
  mount --bind "/dev/$device" "$ROOT/dev/$device"
done
mkdir "$ROOT/dev/shm" "$ROOT/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$ROOT/dev/pts"
ln -s pts/ptmx "$ROOT/dev/ptmx"
ln -s /proc/self/fd "$ROOT/dev/fd"
mkdir -p "$ROOT/debs" "$ROOT/run/lock"
mount --bind -o ro "$DEBS" "$ROOT/debs"
ip link set lo up
read pid rest < /proc/self/stat
echo "ready $pid"
exec cat`;

export class Machine {
  private readonly first: ChildProcess;
  private readonly pid: number;
  private readonly folder: string;
  private readonly lower: string;
  private isOver = false;

  private constructor(first: ChildProcess, pid: number, folder: string, lower: string) {
    this.first = first;
    this.pid = pid;
    this.folder = folder;
    this.lower = lower;
  }

  /** @param lower folders of which each covers those behind it @param debs what is seen as /debs */
  static async start(lower: string, debs: string): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), 'multiflexi-machine-'));
    const [upper, work, root] = ['upper', 'work', 'root'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const path of [upper, work, root]) mkdirSync(path);
    const words = ['--mount', '--pid', '--net', '--fork', '--kill-child', 'sh', '-c', SETUP];
    const first = spawn('unshare', words, {
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LOWER: lower,
        UPPER: upper,
        WORK: work,
        ROOT: root,
        DEBS: debs,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    let said = '';
    const listen = (text: Buffer) => {
      said += text.toString();
      const [, pid] = /^ready (\d+)$/m.exec(said) ?? [];
      if (pid !== undefined) resolve(Number(pid));
    };
    first.stdout.on('data', listen);
    first.stderr.on('data', listen);
    first.once('error', reject);
    first.once('exit', () => reject(new Error(`no machine: ${said}`)));
    first.stdin.on('error', () => undefined);
    try {
      const machine = new Machine(first, await promise, folder, lower);
      // Services are started as on a machine without systemd.
      await machine.must(`printf '#!/bin/sh\\nexit 0\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
        echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/tests`);
      return machine;
    } catch (error) {
      first.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs a script of the shell as root, without a terminal and with nothing of our environment. */
  run(script: string, patienceMs = PATIENCE_MS): Promise<Ran> {
    const { child, done } = this.begin(script);
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    return done.finally(() => clearTimeout(timer));
  }

  /** As {@link run}, for a script that is not waited for. */
  begin(script: string): { readonly child: ChildProcess; readonly done: Promise<Ran> } {
    const words = [
      '--target',
      String(this.pid),
      '--mount',
      '--pid',
      '--net',
      '--',
      'chroot',
      join(this.folder, 'root'),
    ];
    const environment = [
      'env',
      '-i',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      'HOME=/root',
      'LC_ALL=C.UTF-8',
      'DEBIAN_FRONTEND=noninteractive',
    ];
    const child = spawn('nsenter', [...words, ...environment, 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { promise, resolve, reject } = Promise.withResolvers<Ran>();
    let said = '';
    const listen = (text: Buffer) => {
      said += text.toString();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    // Not `close`: a server that was started holds the pipe for as long as it lives.
    child.once('exit', (status, signal) =>
      setImmediate(() => resolve({ status: status ?? -1, said: signal ? `${said}\n(${signal})` : said })),
    );
    return { child, done: promise };
  }

  /** @throws where it fails, with all that it said */
  async must(script: string): Promise<string> {
    const { status, said } = await this.run(script);
    if (status !== 0) throw new Error(`status ${status} of: ${script}\n${said}`);
    return said;
  }

  /** The layers of this machine, for others to begin with; it must be {@link stop}ped before. */
  get layers(): string {
    return `${join(this.folder, 'upper')}:${this.lower}`;
  }

  /** Ends all of its processes; what it has on its disk stays until {@link remove}. */
  async stop(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.first.exitCode !== null || this.first.signalCode !== null) resolve();
    this.first.once('exit', () => resolve());
    this.first.stdin?.end();
    await promise;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
