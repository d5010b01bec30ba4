/** The front door of maintenance: what stays is kept fit. */
export {
  applyReclaim,
  planReclaim,
  type ReclaimOptions,
  type ReclaimPlan,
  type ReclaimResult,
} from './reclaim.ts';
export { type MeasureOptions, measure } from './size.ts';
export { compareSpace, GROWING_TABLES, measureSpace, type SpaceReport } from './space.ts';
