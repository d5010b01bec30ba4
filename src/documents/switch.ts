/** A change of the platform's database as JSON. */
import type { SwitchOutcome, SwitchPlan, SwitchState } from '../tasks/index.ts';
import { confirmationsOf } from './confirmations.ts';
import type { NextStepWriter } from './failure.ts';

export function plannedSwitchDocument(plan: SwitchPlan | null, write: NextStepWriter) {
  if (plan === null) return { dry_run: true as const, already: true as const };
  return {
    dry_run: true as const,
    already: false as const,
    from: { where: plan.from.where, product: plan.from.product },
    to: { where: plan.to.where, product: plan.to.product },
    settings_file: plan.replacement.file,
    continues: plan.situation.kind === 'continues',
    returns: plan.situation.kind === 'returns',
    rows: plan.rows,
    bytes: plan.bytes,
    copy_seconds: inSeconds(plan.copyMs),
    stop_seconds: inSeconds(plan.stopMs),
    problems: [...plan.problems],
    next: plan.next && write(plan.next),
    notes: [...plan.notes],
    needs_confirmation: confirmationsOf(plan.consents),
  };
}

export function switchDocument(outcome: SwitchOutcome) {
  const { from, to, rows, copied, stoppedMs, saved, receipt, already } = outcome;
  return {
    dry_run: false as const,
    already,
    from,
    to,
    rows,
    rows_copied: copied,
    stopped_seconds: inSeconds(stoppedMs),
    saved_settings: saved,
    receipt: receiptOf(receipt),
  };
}

/** What is known without opening a database. */
export function switchStateDocument(state: SwitchState) {
  const { settingsFile, problem, others, journal, canReturn } = state;
  return {
    settings_file: settingsFile,
    problem,
    env_files: [...others],
    can_return: canReturn,
    last: journal && {
      begun: journal.begun,
      phase: journal.phase,
      returns: journal.back,
      from: { where: journal.from.where, product: journal.from.product },
      to: { where: journal.to.where, product: journal.to.product },
      saved_settings: journal.saved,
      receipt: journal.receipt && receiptOf(journal.receipt),
    },
  };
}

function receiptOf({ at, tables }: SwitchOutcome['receipt']) {
  return {
    at,
    tables: tables.map(({ table, rows, digest, largestId }) => ({
      table_name: table,
      rows,
      digest,
      largest_id: largestId,
    })),
  };
}

function inSeconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
