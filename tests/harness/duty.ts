/** A duty as the housekeeper calls it: what its plan reads, what its run does, and that the two agree. */
import { expect } from 'vitest';
import type { Engine, StatementEvent } from '../../src/engines/index.ts';
import { openEngine } from '../../src/engines/index.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult } from '../../src/tasks/duties/duty.ts';
import { dataDigest } from './digests.ts';
import type { TestDatabase } from './engines.ts';

export const HOUR_MS = 3_600_000;
export const DAY = 24 * HOUR_MS;

export function dutyContext(engine: Engine, otherwise: Partial<DutyContext> = {}): DutyContext {
  return {
    engine,
    program: 'test',
    settings: {
      logKeep: 100_000,
      logKeepPerCompany: null,
      tmpDirectory: null,
      tmpAgeMs: DAY,
      staleJobAgeMs: DAY,
    },
    now: Date.now(),
    position: undefined,
    timeBudgetMs: 60_000,
    archive: null,
    lag: undefined,
    ...otherwise,
  };
}

/** The plan writes nothing, and the run does what the plan says. */
export async function planAndRun(
  duty: Duty,
  context: DutyContext,
): Promise<{ readonly plan: DutyPlan; readonly result: DutyResult }> {
  const { engine } = context;
  const everything = [...(await engine.tableNames())].filter((table) => !table.startsWith('multiflexi_'));
  const before = await dataDigest(engine, everything);
  const plan = await duty.plan(context);
  expect(await dataDigest(engine, everything)).toBe(before);
  const result = await plan.run();
  expect(result.steps).toEqual(plan.steps);
  if (plan.steps.length === 0) expect(await dataDigest(engine, everything)).toBe(before);
  return { plan, result };
}

/** How many statements a plan takes. */
export async function statementsOf(
  database: TestDatabase,
  duty: Duty,
  otherwise: Partial<DutyContext> = {},
): Promise<{ readonly plan: DutyPlan; readonly statements: readonly string[] }> {
  const statements: string[] = [];
  const log = ({ sql }: StatementEvent) => statements.push(sql);
  const engine = await openEngine(database.settings, 'change', log);
  try {
    statements.length = 0;
    const plan = await duty.plan(dutyContext(engine, otherwise));
    return { plan, statements: [...statements] };
  } finally {
    await engine.close();
  }
}
