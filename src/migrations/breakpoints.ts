/** Breakpoints: marks in the ledger that a rollback stops at. */
import type { Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { type LedgerDb, readLedger, recordBreakpoint } from './ledger.ts';
import { type TargetWords, targetOf } from './target.ts';

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
  words: Pick<TargetWords, 'target'>,
): Promise<Breakpoint[]> {
  const ledger = await readLedger(engine);
  const target =
    targetOf(
      words,
      ledger.map(({ version }) => version),
    ) ?? ledger.at(-1)?.version;
  const chosen =
    change === 'remove-all'
      ? ledger.filter((row) => row.breakpoint)
      : ledger.filter((row) => row.version === target);
  if (chosen.length === 0 && change !== 'remove-all') {
    const which = target === undefined ? 'No migration is applied' : `Migration ${target} is not applied`;
    throw new MultiFlexiError('UNKNOWN_TARGET', `${which}, so it can have no breakpoint.`, {
      next: 'Apply migrations first: multiflexi-cli db:migrate.',
    });
  }
  const changes = chosen.map(({ version, name, breakpoint }) => ({
    version,
    name,
    set: change === 'set' || (change === 'toggle' && !breakpoint),
  }));
  for (const { version, set } of changes) await recordBreakpoint(db, version, set);
  return changes;
}
