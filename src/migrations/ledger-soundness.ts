/** A ledger that somebody has edited is not believed: what is not sound stops every command that would act on it. */
import * as z from 'zod/mini';
import { MultiFlexiError } from '../errors.ts';
import type { LedgerRow, StepRow } from './ledger-tables.ts';
import type { Step } from './migration.ts';
import { stepHash } from './step-hash.ts';

const STATES = ['running', 'applied', 'failed'];

/** @throws LEDGER_DAMAGED */
export function requireSoundRow({ version, name, state, direction, step, steps }: LedgerRow): void {
  if (!STATES.includes(state)) throw damaged(version, name, `its state is ${state}`);
  if (direction !== 'up' && direction !== 'down')
    throw damaged(version, name, `its direction is ${direction}`);
  if (step < 0 || steps < 0 || step > steps)
    throw damaged(version, name, `${step} of its ${steps} steps are said to be done`);
}

const DETAIL = z.looseObject({
  effect: z.looseObject({ kind: z.string() }),
  impact: z.looseObject({ table: z.string(), blocks: z.string(), work: z.string() }),
  destroys: z.optional(z.looseObject({ table: z.string(), column: z.optional(z.string()) })),
  changesRows: z.optional(z.array(z.string())),
  /** How many steps there are in this direction; older programs did not keep it. */
  of: z.optional(z.number()),
});

/**
 * The recorded steps of one migration in one direction as they can be run; undefined for those of a program that did
 * not keep what they touch yet.
 * @throws LEDGER_DAMAGED when a step is missing or is not the one that was recorded
 */
export function soundSteps({ version, name }: LedgerRow, rows: readonly StepRow[]): Step[] | undefined {
  if (rows.length === 0 || rows.some(({ detail }) => detail === null)) return undefined;
  return rows.map((row, index) => {
    const { direction, position, statement, hash, summary, detail } = row;
    const place = `step ${index + 1} of its way ${direction}`;
    if (position !== index + 1) throw damaged(version, name, `${place} is missing`);
    if (hash !== stepHash(statement))
      throw damaged(version, name, `${place} is not the one that was recorded`);
    const parsed = DETAIL.safeParse(tryJson(detail ?? ''));
    if (!parsed.success) throw damaged(version, name, `what ${place} touches cannot be read`);
    const { of, ...rest } = parsed.data;
    if (of !== undefined && of !== rows.length)
      throw damaged(version, name, `it has ${rows.length} of ${of} steps ${direction}`);
    return { ...(rest as unknown as Omit<Step, 'sql' | 'summary'>), sql: statement, summary };
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(version: string, name: string, what: string): MultiFlexiError {
  return new MultiFlexiError(
    'LEDGER_DAMAGED',
    `The ledger of migrations is damaged at ${version} ${name}: ${what}; nothing was done.`,
    {
      next: 'Somebody has written to multiflexi_migration or multiflexi_migration_step. Put the row back from a backup of the database; multiflexi-cli db:verify tells what the schema lacks.',
    },
  );
}
