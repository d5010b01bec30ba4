/**
 * Where a server's log ended at which time. A replica that says how far it has come is held against it: what a replica
 * says of its own lag is nothing, or long past, just when it is frozen, delayed or cut off.
 */

interface Mark<Position> {
  /** In milliseconds of `performance.now()`. */
  readonly at: number;
  readonly end: Position;
}

/** From so many marks on, older ones become sparse: a wait of days must not fill the memory. */
const MOST_MARKS = 3_600;
/** How far apart marks may then be, as a share of their age: a lag is wrong by no more than that. */
const SPACING = 0.01;

export class Trail<Position> {
  private marks: Mark<Position>[] = [];
  private readonly compare: (a: Position, b: Position) => number;

  /** @param compare negative when the first position comes before the second */
  constructor(compare: (a: Position, b: Position) => number) {
    this.compare = compare;
  }

  /** The log ends here now. */
  note(end: Position, at: number): void {
    const last = this.marks.at(-1);
    // As long as nothing is written, it is the first mark that tells since when there is something to catch up with.
    if (last && this.compare(last.end, end) >= 0) return;
    this.marks.push({ at, end });
    if (this.marks.length > MOST_MARKS) this.thinOut(at);
  }

  /** Whether it has everything up to the newest mark. */
  isAtEnd(position: Position): boolean {
    const last = this.marks.at(-1);
    return !last || this.compare(position, last.end) >= 0;
  }

  /**
   * For how many seconds there has been something that the replica does not have yet; less than that by the time between
   * two marks at most. Null when it is older than the trail.
   */
  behind(position: Position, now: number): number | null {
    const [first] = this.marks;
    if (first && this.compare(position, first.end) < 0) return null;
    const missing = this.marks.find(({ end }) => this.compare(position, end) < 0);
    return missing ? (now - missing.at) / 1000 : 0;
  }

  private thinOut(now: number): void {
    let kept = Number.NEGATIVE_INFINITY;
    this.marks = this.marks.filter(({ at }) => {
      if (at - kept < (now - at) * SPACING) return false;
      kept = at;
      return true;
    });
  }
}
