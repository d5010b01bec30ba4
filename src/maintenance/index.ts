/** The front door of maintenance: what stays is kept fit. */
export { type MeasureOptions, measure } from './size.ts';
