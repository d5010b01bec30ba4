/** How far a file of rows is written; so that what was written last can be undone. */
import { createHash, type Hash } from 'node:crypto';
import type { StreamKey } from './encryption.ts';
import { type Manifest, type RowStreamHeader, sealText } from './format.ts';
import { RowSum } from './values.ts';

/** All that writing changes. */
export interface WriterState {
  readonly position: number;
  readonly chunks: number;
  readonly batches: number;
  /** Of all heads up to there. */
  readonly heads: Hash;
  readonly sums: readonly RowSum[];
}

/** Where an interrupted file is continued: behind its last complete batch. */
export interface Resumption extends WriterState {
  readonly header: RowStreamHeader;
}

export function newState({ tables }: RowStreamHeader): WriterState {
  return {
    position: 0,
    chunks: 0,
    batches: 0,
    heads: createHash('sha256'),
    sums: tables.map(() => new RowSum()),
  };
}

export function copyOf({ heads, sums, ...state }: WriterState): WriterState {
  return { ...state, heads: heads.copy(), sums: sums.map((sum) => sum.copy()) };
}

/** Of a file that ends there. */
export function manifestOf(
  { tables }: RowStreamHeader,
  { chunks, sums, heads }: WriterState,
  key: StreamKey | undefined,
  summary: Readonly<Record<string, unknown>> | undefined,
): Manifest {
  const contents = {
    chunks,
    tables: tables.map(({ name }, place) => {
      const { rows = 0, digest = '' } = sums[place] ?? {};
      return { name, rows, digest };
    }),
    ...(summary === undefined ? {} : { summary }),
  };
  const sum = heads.copy().update(sealText(contents)).digest('hex');
  return { part: 'manifest', ...contents, sha256: key?.seal(sum) ?? sum };
}
