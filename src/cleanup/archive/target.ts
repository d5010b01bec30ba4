/** Where rows are archived. */
import type { Passphrase } from '../../transfer/index.ts';

export interface ArchiveTarget {
  readonly directory: string;
  readonly passphrase?: Passphrase | undefined;
  /** The most that the values of one row may take, in bytes; what the engine can put back in bounded memory, unless said otherwise. */
  readonly largestRow?: number | undefined;
  /** Told what deserves somebody's attention and stops nothing, in a sentence. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}
