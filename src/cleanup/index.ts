/** The front door of cleanup: what is too old goes. */
export { applyPrune, type PruneProgress, type PruneResult } from './prune-apply.ts';
export { type PrunePlan, type PruneRequest, planPrune } from './prune-plan.ts';
