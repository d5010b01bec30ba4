/** Reads rows a page at a time, in the order of a key; never from the head again, where deleted rows are still to be purged. */

/** Rows behind `after`, so many at most. */
export interface Page<Key> {
  readonly after: Key | undefined;
  readonly limit: number;
}

export interface KeysetWalk<Row extends Key, Key> {
  /** What is walked over, for the message of a fault. */
  readonly what: string;
  /** In the order of the key, the rows behind a page's beginning. */
  readonly read: (page: Page<Key>) => Promise<readonly Row[]>;
  readonly isBefore: (one: Key, other: Key) => boolean;
}

export class KeysetCursor<Row extends Key, Key> {
  private readonly walk: KeysetWalk<Row, Key>;
  private after: Key | undefined;

  constructor(walk: KeysetWalk<Row, Key>) {
    this.walk = walk;
  }

  /**
   * None at the end. A page that could not be read is still the next one.
   * @throws an Error when the walk does not advance, as it would never end
   */
  async next(limit: number): Promise<readonly Row[]> {
    const { what, read, isBefore } = this.walk;
    const rows = await read({ after: this.after, limit });
    const last = rows.at(-1);
    if (last === undefined) return rows;
    if (this.after !== undefined && !isBefore(this.after, last))
      throw new Error(`the walk over ${what} does not advance`);
    this.after = last;
    return rows;
  }
}
