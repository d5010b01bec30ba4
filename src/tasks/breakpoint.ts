/** Breakpoints, which a rollback stops at. */
import {
  type Breakpoint,
  type BreakpointChange,
  breakpoint,
  refuseUnfinishedImport,
} from '../migrations/index.ts';
import type { TaskContext } from './context.ts';

export interface BreakpointRequest {
  readonly change: BreakpointChange;
  /** A version; the newest applied one where it is not given. */
  readonly target?: string | undefined;
  /** How long another run is waited for. */
  readonly waitMs: number;
}

/** @returns what was changed @throws FOREIGN_DATABASE, LOCKED, UNKNOWN_TARGET */
export async function changeBreakpoint(
  { engine, program, signal }: TaskContext,
  { change, target, waitMs }: BreakpointRequest,
): Promise<Breakpoint[]> {
  await refuseUnfinishedImport(engine);
  return breakpoint(engine, change, { program, waitMs, signal, target });
}
