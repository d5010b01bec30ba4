import type { BulkValue } from '../engines/index.ts';
import type { SampleTableName } from './first-ids.ts';

export type Row = readonly BulkValue[];

/** A table with rows that are few enough to be kept: everything that jobs refer to. */
export interface SampleTable {
  readonly table: SampleTableName;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}
