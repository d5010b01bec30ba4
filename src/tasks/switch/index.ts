/** Changing the platform's database to another one, of the same kind or another. */

export { noSettingsFile, settingsToReturnBy } from '../../transfer/index.ts';
export { planSwitch, type SwitchPlan, type SwitchRequest } from './plan.ts';
export { runSwitch, type SwitchOutcome, type SwitchRun } from './run.ts';
export { readSwitchState, type SwitchState } from './state.ts';
