/** Ids that come in ascending order, millions of them: eight bytes each, found by halving. */

const BLOCK = 65_536;

export class KnownIds {
  private readonly blocks: BigInt64Array[] = [];
  private size = 0;

  /** @param id larger than all before it */
  add(id: bigint): void {
    const at = this.size % BLOCK;
    if (at === 0) this.blocks.push(new BigInt64Array(BLOCK));
    const block = this.blocks.at(-1);
    if (block) block[at] = id;
    this.size++;
  }

  has(id: bigint): boolean {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) < id) low = middle + 1;
      else high = middle;
    }
    return low < this.size && this.at(low) === id;
  }

  private at(place: number): bigint {
    return this.blocks[Math.floor(place / BLOCK)]?.[place % BLOCK] ?? 0n;
  }
}
