/** A progress bar on stderr; its library is loaded only where one is shown. */
import type { SingleBar } from 'cli-progress';
import type { Activity, TaskProgress } from '../tasks/index.ts';
import { bytes } from './numbers.ts';

const MEBIBYTE = 1024 * 1024;
const UNITS = { bytes: 'MiB', rows: 'rows', tables: 'tables', percent: '%', checks: 'checks' } as const;

export class ShownProgress {
  /** Written before a message: takes the bar off the line. */
  clearLine = '';
  private readonly visible: boolean;
  private activity: Activity | undefined;
  private latest: TaskProgress | undefined;
  private bar: SingleBar | undefined;
  private started = 0;

  constructor(visible: boolean) {
    this.visible = visible;
  }

  /** One bar an activity; an expectation that was an estimate is raised when it is passed. */
  show(progress: TaskProgress): void {
    if (!this.visible) return;
    this.latest = progress;
    if (progress.activity !== this.activity) {
      this.end();
      this.activity = progress.activity;
      this.latest = progress;
      this.started = performance.now();
      void this.open(progress.activity);
    }
    this.draw();
  }

  end(): void {
    this.bar?.stop();
    this.bar = undefined;
    this.activity = undefined;
    this.latest = undefined;
    this.clearLine = '';
  }

  private async open(activity: Activity): Promise<void> {
    const { SingleBar: Bar, Presets } = (await import('cli-progress')).default;
    // It may be over by then.
    if (this.activity !== activity || this.bar || !this.latest) return;
    const unit = UNITS[this.latest.unit];
    this.bar = new Bar(
      {
        format: `${activity} {bar} {percentage}% | {value}/{total} ${unit} | {rate}/s | {eta_formatted} left{written}`,
        stream: process.stderr,
        hideCursor: true,
        etaBuffer: 50,
      },
      Presets.shades_grey,
    );
    this.clearLine = '\r\u001b[K';
    this.bar.start(inUnits(this.latest.expected, this.latest), 0, { rate: 0, written: '' });
    this.draw();
  }

  private draw(): void {
    if (!this.bar || !this.latest) return;
    const done = inUnits(this.latest.done, this.latest);
    if (done > this.bar.getTotal()) this.bar.setTotal(done);
    const elapsed = Math.max(performance.now() - this.started, 1);
    const { bytes: size } = this.latest;
    const written = size === undefined ? '' : ` | ${bytes(size)} written`;
    this.bar.update(done, { rate: Math.round((done * 1000) / elapsed), written });
  }
}

function inUnits(count: number, { unit }: TaskProgress): number {
  return Math.round(unit === 'bytes' ? count / MEBIBYTE : count);
}
