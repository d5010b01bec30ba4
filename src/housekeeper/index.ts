/** The front door of the housekeeper: which duties are due, in what order, under which lease; its daemon and its reports. */
export type { CycleRequest, CycleResult, DutyOutcome, WhySkipped } from './contract.ts';
export { planCycle, runCycle } from './cycle.ts';
export { runDaemon, scheduleFault } from './daemon.ts';
export { stepText } from './duty-text.ts';
export { writeMetrics } from './metrics.ts';
export { type DutyStatus, type HousekeeperStatus, housekeeperStatus, type Problem } from './status.ts';
