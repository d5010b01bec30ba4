/** Breakpoints: marks in the ledger that a rollback stops at. */
import type { Engine } from '../engines/index.ts';
import { notApplied } from './failures.ts';
import { type LedgerDb, readLedger, recordBreakpoint } from './ledger/ledger.ts';
import { type Target, targetOf } from './target.ts';

export type BreakpointChange = 'toggle' | 'set' | 'unset' | 'remove-all';

export interface Breakpoint {
  readonly version: string;
  readonly name: string;
  readonly set: boolean;
}

/** Of the version, or of the newest applied migration. @returns what was changed @throws UNKNOWN_TARGET */
export async function changeBreakpoints(
  engine: Engine,
  db: LedgerDb,
  change: BreakpointChange,
  { target }: Pick<Target, 'target'>,
): Promise<Breakpoint[]> {
  const ledger = await readLedger(engine);
  const versions = ledger.map(({ version }) => version);
  const chosenVersion = targetOf({ target }, versions) ?? versions.at(-1);
  const chosen =
    change === 'remove-all'
      ? ledger.filter((row) => row.breakpoint)
      : ledger.filter((row) => row.version === chosenVersion);
  if (chosen.length === 0 && change !== 'remove-all') throw notApplied(chosenVersion);
  const changes = chosen.map(({ version, name, breakpoint }) => ({
    version,
    name,
    set: change === 'set' || (change === 'toggle' && !breakpoint),
  }));
  for (const { version, set } of changes) await recordBreakpoint(db, version, set);
  return changes;
}
