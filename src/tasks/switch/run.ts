/**
 * Changes the platform's database: a first copy while the platform runs, what changed meanwhile while its writes wait, and
 * other settings only when the copy is proven to be the same. Killed at any moment, the same run continues.
 */
import { type Engine, openEngine } from '../../engines/index.ts';
import { migrate, whileSchemaStays } from '../../migrations/index.ts';
import { StallWatch } from '../../pacing/index.ts';
import { replaceSettings, requireUnchanged } from '../../settings/index.ts';
import { keepHeapSmall } from '../../system/index.ts';
import {
  cannotSwitch,
  type Journal,
  newJournal,
  readJournal,
  sameDatabase,
  writeJournal,
} from '../../transfer/index.ts';
import { requireConfirmed } from '../confirmation.ts';
import type { Confirmed } from '../consent.ts';
import type { TaskContext, TaskProgress } from '../context.ts';
import { recordMove } from '../history/moves.ts';
import { type Copied, copyWhileRunning } from './copy.ts';
import { databaseOf, planSwitch, type SwitchPlan, type SwitchRequest } from './plan.ts';
import { type StopOptions, stopAndVerify } from './stop.ts';

export interface SwitchRun extends SwitchRequest, Pick<StopOptions, 'maxStopMs'> {
  readonly confirmed: Confirmed;
  /** How long a change of the schema is waited for. */
  readonly waitMs: number;
}

export interface SwitchOutcome {
  readonly from: string;
  readonly to: string;
  /** Rows of all tables. */
  readonly rows: number;
  /** Rows that were inserted, updated or deleted in the target by this run. */
  readonly copied: number;
  /** For how long the platform's writes waited, in milliseconds. */
  readonly stoppedMs: number;
  /** The old settings. */
  readonly saved: string;
  readonly receipt: NonNullable<Journal['receipt']>;
  /** Another run had done it, and was killed before it could say so. */
  readonly already: boolean;
}

/** @throws CANNOT_SWITCH, VERIFICATION_FAILED, LOCKED, CHANGED_MEANWHILE and others; then the settings are as they were */
export async function runSwitch(context: TaskContext, request: SwitchRun): Promise<SwitchOutcome> {
  keepHeapSmall();
  const watch = new StallWatch((ms) => context.onNotice?.({ kind: 'stalled', ms }));
  const onProgress = (progress: TaskProgress) => {
    watch.progressed();
    context.onProgress?.(progress);
  };
  try {
    return await underLock({ ...context, onProgress }, request);
  } finally {
    watch.end();
  }
}

async function underLock(context: TaskContext, request: SwitchRun): Promise<SwitchOutcome> {
  const { engine: source, program, signal } = context;
  const { waitMs } = request;
  return whileSchemaStays(source, { program, waitMs, signal }, async () => {
    const plan = await planned(context, request);
    if (plan === null) return finished(request.settingsFile, source);
    if (plan.next !== null) throw cannotSwitch(plan.problems, plan.next);
    const untouched = 'The platform still uses the database that it used before.';
    requireConfirmed(plan.consents, request.confirmed, context, untouched);
    for (const note of plan.notes) context.onNotice?.({ kind: 'note', text: note });
    const target = await openEngine(request.target, 'create');
    try {
      await migrate(target, { program, waitMs, signal });
      return await whileSchemaStays(target, { program, waitMs, signal }, () =>
        change(context, request, plan, target),
      );
    } finally {
      await target.close();
    }
  });
}

/** By a session of its own, which takes the memory along that reading all rows has cost it. */
async function planned(context: TaskContext, request: SwitchRun): Promise<SwitchPlan | null> {
  const engine = await openEngine(request.source, 'inspect');
  try {
    return await planSwitch({ ...context, engine }, request);
  } finally {
    await engine.close();
  }
}

async function change(
  context: TaskContext,
  request: SwitchRun,
  plan: SwitchPlan,
  target: Engine,
): Promise<SwitchOutcome> {
  const startedAt = Date.now();
  const journal = await begun(context, request, plan, target);
  const { file } = plan.replacement;
  const reader = await openEngine(request.source, 'inspect');
  const targetReader = await openEngine(request.target, 'inspect');
  try {
    const sides = { reader, target, targetReader, tables: plan.tables, rows: plan.rows };
    const copied: Copied = await copyWhileRunning(context, sides);
    const stopped = await stopAndVerify(context, sides, copied, {
      maxStopMs: request.maxStopMs,
      openTarget: () => openEngine(request.target, 'inspect'),
      beforeStop: () => requireUnchanged(plan.replacement),
      onSame: async (receipt) => {
        await writeJournal(file, { ...journal, phase: 'replacing', receipt });
        await replaceSettings(plan.replacement, journal.saved);
        await writeJournal(file, { ...journal, phase: 'switched', receipt });
      },
    });
    const rows = stopped.receipt.tables.reduce((sum, table) => sum + table.rows, 0);
    const ended = { startedAt, endedAt: Date.now(), from: plan.from.where, rows };
    await recordMove(target, { duty: 'switch', ...ended }, context);
    return {
      from: plan.from.where,
      to: target.where,
      rows,
      copied: copied.changed + stopped.changed,
      stoppedMs: stopped.ms,
      saved: journal.saved,
      receipt: stopped.receipt,
      already: false,
    };
  } finally {
    await targetReader.close();
    await reader.close();
  }
}

/** One that is continued keeps its journal, and with it the name under which the old settings are saved. */
async function begun(
  { engine: source, onNotice }: TaskContext,
  { returnsBy }: SwitchRun,
  { situation, replacement: { file } }: SwitchPlan,
  target: Engine,
): Promise<Journal> {
  if (situation.kind === 'continues') {
    onNotice?.({ kind: 'switch', step: { step: 'continues', begun: situation.journal.begun } });
    return { ...situation.journal, phase: 'copying', receipt: null };
  }
  if (situation.kind === 'begins' && situation.given)
    onNotice?.({ kind: 'switch', step: { step: 'gives-up', where: situation.given.to.where } });
  const from = await databaseOf(source);
  const journal = newJournal(file, { from, to: await databaseOf(target), returnsBy });
  await writeJournal(file, journal);
  return journal;
}

/** A run was killed between the new settings and its last word. */
async function finished(settingsFile: string, source: Engine): Promise<SwitchOutcome> {
  const journal = readJournal(settingsFile);
  if (journal?.receipt === null || journal === null) throw sameDatabase(source.where);
  if (journal.phase !== 'switched') await writeJournal(settingsFile, { ...journal, phase: 'switched' });
  const { from, to, saved, receipt } = journal;
  const rows = receipt.tables.reduce((sum, table) => sum + table.rows, 0);
  return { from: from.where, to: to.where, rows, copied: 0, stoppedMs: 0, saved, receipt, already: true };
}
