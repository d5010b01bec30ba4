/** One source of rows for several that load them: each takes the next ones when it is done with those before. */
import { LargeValue } from '../row-stream/large-value.ts';
import type { Row } from '../row-stream/values.ts';

export class SharedRows {
  private readonly source: AsyncIterator<readonly Row[]>;
  private last: Promise<void> = Promise.resolve();
  private release = () => {};
  private isOver = false;

  constructor(source: AsyncIterable<readonly Row[]>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** For one of them. */
  async *part(): AsyncGenerator<readonly Row[]> {
    for (;;) {
      const release = await this.turn();
      try {
        const rows = await this.next();
        if (rows === undefined) return;
        // A large value can be read until its source goes on.
        if (!rows.some(hasLarge)) release();
        yield rows;
      } finally {
        release();
      }
    }
  }

  /** Nobody gets any more. */
  end(): void {
    this.isOver = true;
    this.release();
  }

  private async next(): Promise<readonly Row[] | undefined> {
    if (this.isOver) return undefined;
    const next = await this.source.next();
    if (!next.done) return next.value;
    this.isOver = true;
    return undefined;
  }

  private async turn(): Promise<() => void> {
    const before = this.last;
    let release = () => {};
    this.last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    this.release = release;
    return release;
  }
}

function hasLarge(row: Row): boolean {
  return row.some((value) => value instanceof LargeValue);
}
