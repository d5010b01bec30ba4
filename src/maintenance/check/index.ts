/** The front door of the checks: what is wrong with a database, and what fixes it. */
export {
  CHECK_NAMES,
  type Check,
  type CheckName,
  type CheckOutcome,
  type Finding,
  type Probe,
  type Unknown,
} from './contract.ts';
export { idCounters } from './id-counters.ts';
export { type IndexDifference, indexes, type SchemaIndexes } from './indexes.ts';
export { type LeftoverTable, leftovers } from './leftovers.ts';
export { type CheckOptions, type CheckReport, runChecks } from './run-checks.ts';
export { server } from './server.ts';
export { structure } from './structure.ts';
export { unusedIndexes } from './unused-indexes.ts';
