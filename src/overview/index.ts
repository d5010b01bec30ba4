/** The front door of the overview: whether the database is well, on one screen. */
export type { Finding, Level, Overview, Surroundings } from './contract.ts';
export { dismissFinding } from './dismiss.ts';
export { overview } from './overview.ts';
