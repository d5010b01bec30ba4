/** What a pass keeps of rows, whatever their number: what has no place is read once more when it is needed. */
import { PackedDigests } from '../digest/packed-digests.ts';
import { countOf, type Differences, type RowDigestParts } from '../digest/row-digests.ts';

/** About thirty bytes each. */
const MOST_DIFFERENCES = 200_000;
/** Eight or twelve bytes each. */
const MOST_DIGESTS = 2_000_000;

export class Kept {
  private differencesLeft = MOST_DIFFERENCES;
  private digestsLeft = MOST_DIGESTS;

  differences(found: Differences): Differences | null {
    const count = countOf(found);
    if (count > this.differencesLeft) return null;
    this.differencesLeft -= count;
    return found;
  }

  digests(rows: RowDigestParts): PackedDigests | null {
    return this.hasRoomFor(rows.keys.length) ? PackedDigests.of(rows) : null;
  }

  /** @param count of the rows that they are of */
  still(digests: PackedDigests | null, count: number): PackedDigests | null {
    return digests && this.hasRoomFor(count) ? digests : null;
  }

  private hasRoomFor(count: number): boolean {
    if (count > this.digestsLeft) return false;
    this.digestsLeft -= count;
    return true;
  }
}
