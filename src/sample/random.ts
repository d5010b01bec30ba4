/** Chance that comes out the same for the same seed, on every machine and in every run. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export type NonEmpty<T> = readonly [T, ...T[]];

/** Each part of the history draws from a stream of its own, so that a change in one leaves the others as they were. */
const STREAMS = ['platform', 'jobs', 'artifacts', 'contents', 'logger', 'messages'] as const;

export type Stream = (typeof STREAMS)[number];

export class Random {
  readonly #next: () => number;

  /** Of `seed`, 32 bits count. */
  constructor(seed: number, stream: Stream) {
    const generator = xoroshiro128plus(seed);
    // Jumps also get away from the first numbers of the generator, which are close for seeds that are close.
    for (let jump = 0; jump <= STREAMS.indexOf(stream); jump++) generator.jump();
    this.#next = () => generator.next();
  }

  /** From 0 to below 1. */
  unit(): number {
    return (this.#next() >>> 0) / 0x1_0000_0000;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(list: NonEmpty<T>): T {
    return list[this.below(list.length)] ?? list[0];
  }

  /** As {@link pick}, but the first of the list come up more often than the last. */
  pickEarly<T>(list: NonEmpty<T>): T {
    const unit = this.unit();
    // The root is exact on every machine, where a power of 1.5 need not be.
    return list[Math.floor(unit * Math.sqrt(unit) * list.length)] ?? list[0];
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    const order: T[] = [];
    while (rest.length > 0) order.push(...rest.splice(this.below(rest.length), 1));
    return order;
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += (this.#next() >>> 0).toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  /** Ends in the row's id, so that no two loads into one table can meet, even with the same seed. */
  uuid(id: number): string {
    const digits = this.hex(15);
    const tail = id.toString(16).padStart(12, '0');
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-a${this.hex(3)}-${tail}`;
  }
}

/** @throws an Error when the list is empty: the sample's own lists never are. */
export function nonEmpty<T>(list: readonly T[]): NonEmpty<T> {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error('the sample has nothing to choose from');
  return [first, ...rest];
}
