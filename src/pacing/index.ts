/** The front door of pacing: leaving room for others. */

export { ChunkSize, type ChunkTiming } from './chunk-size.ts';
export { KeysetCursor, type Page } from './keyset-cursor.ts';
export { LockWaiterWatch } from './lock-waiters.ts';
export { Neighbours } from './neighbours.ts';
export { patientCatalogue } from './patient-catalogue.ts';
export { portions } from './portions.ts';
export { persistently } from './reconnect.ts';
export { replicaLag } from './replica-lag.ts';
export { patiently } from './retry-locked.ts';
export { StallWatch } from './stall-watch.ts';
export {
  type Pressure,
  type PressureReason,
  type PressureSource,
  Throttle,
  type WaitLimits,
} from './throttle.ts';
export { UNDO_LIMITS, type UndoLimits, undoPressure } from './undo-backlog.ts';
