/** A ledger that somebody has edited is not believed: what is not sound stops every command that would act on it. */
import * as z from 'zod/mini';
import { parsedJson } from '../../system/index.ts';
import { type Migration, type Step, VERSION_PATTERN } from '../migration.ts';
import type { SchemaModel } from '../model.ts';
import {
  impossibleProgress,
  invalidDirection,
  invalidState,
  invalidVersion,
  rowDeleted,
  stepEdited,
  stepMissing,
  stepsMissing,
  stepUnreadable,
} from './failures.ts';
import { stepHash } from './step-hash.ts';
import type { LedgerRow, StepRow } from './tables.ts';

const STATES = ['running', 'applied', 'failed'];

/** @throws LEDGER_DAMAGED */
export function requireSoundRow(row: LedgerRow): void {
  if (!VERSION_PATTERN.test(row.version)) throw invalidVersion(row);
  if (!STATES.includes(row.state)) throw invalidState(row, row.state);
  if (row.direction !== 'up' && row.direction !== 'down') throw invalidDirection(row, row.direction);
  if (row.step < 0 || row.steps < 0 || row.step > row.steps)
    throw impossibleProgress(row, row.step, row.steps);
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
export function soundSteps(migration: LedgerRow, rows: readonly StepRow[]): Step[] | undefined {
  if (rows.length === 0 || rows.some(({ detail }) => detail === null)) return undefined;
  return rows.map((row, index) => {
    const { direction, position, statement, hash, summary, detail } = row;
    const place = index + 1;
    if (position !== place) throw stepMissing(migration, direction, place);
    if (hash !== stepHash(statement)) throw stepEdited(migration, direction, place);
    const parsed = DETAIL.safeParse(parsedJson(detail ?? ''));
    if (!parsed.success) throw stepUnreadable(migration, direction, place);
    const { of, ...rest } = parsed.data;
    if (of !== undefined && of !== rows.length) throw stepsMissing(migration, direction, rows.length, of);
    return { ...(rest as unknown as Omit<Step, 'sql' | 'summary'>), sql: statement, summary };
  });
}

/**
 * An applied migration whose tables another one makes, which is not applied: somebody has deleted a row.
 * @param applied of the known ones, in their order
 * @throws LEDGER_DAMAGED
 */
export function requireComplete(applied: readonly Migration[], known: readonly Migration[]): void {
  let model: SchemaModel = new Map();
  for (const migration of applied) {
    for (const operation of migration.up) {
      const lacking = (operation.uses ?? []).find((table) => !model.has(table) && operation.makes !== table);
      if (lacking !== undefined) {
        const maker = known.find(({ up }) => up.some(({ makes }) => makes === lacking));
        throw rowDeleted(migration, lacking, maker);
      }
      model = operation.model(model);
    }
  }
}
