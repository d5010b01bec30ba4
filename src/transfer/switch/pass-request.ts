/** What a pass of the copy is given, and what the next one may know of it. */
import type { Engine } from '../../engines/index.ts';
import type { PackedDigests } from '../digest/packed-digests.ts';
import type { Portion, Side } from '../digest/portions.ts';
import type { MovedTable } from './moved-tables.ts';

export interface PassRequest {
  /** Sessions that all read one state: of one moment, or while nobody writes; the first one is of this thread. */
  readonly sources: readonly [Side, ...Side[]];
  readonly target: Engine;
  /** The same database, for reading alone. */
  readonly targetReader: Engine;
  /** Parents first. */
  readonly tables: readonly MovedTable[];
  /** What the target is known to have: then it is not read where the source has that as well. */
  readonly known?: Known | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How many rows were read or written just now. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

export interface KnownPortion extends Portion {
  /** Null where they are not kept: then the target is read where the source has others. */
  readonly rows: PackedDigests | null;
}

export interface Known {
  /** What the source had, and the target has now; by table, in the order of keys. */
  readonly portions: readonly KnownPortion[];
  /** What the source's engine calls its state when it had that; null where it has no name for it. */
  readonly state: string | null;
}
