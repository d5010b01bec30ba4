/** What a task tells while it works, in words: the same for a terminal and a page. */
import { bytes, counted, rows as grouped, seconds } from '../written-numbers.ts';
import type { SwitchStep, TaskNotice } from './context.ts';

/** Those that are told in the words of whoever shows them: with commands, or with what somebody was asked. */
export type ToldElsewhere = Extract<
  TaskNotice,
  { readonly kind: 'confirmed' | 'migration' | 'bookkeeping-lost' | 'losses-saved' }
>;

export function noticeText(notice: Exclude<TaskNotice, ToldElsewhere>): string {
  switch (notice.kind) {
    case 'connection-lost':
      return `${notice.message} Retrying in ${seconds(notice.restMs)}.`;
    case 'untested-server':
      return `Note: the server is ${notice.product}, with which this program is not tested. ${notice.remark}`;
    case 'watches-replicas':
      return `Will pause while these are more than ${seconds(notice.maxLagMs)} behind: ${notice.what}.`;
    case 'replica-warning':
      return `Warning: ${notice.text}`;
    case 'waits-for-replica':
      return `Waiting: ${notice.whose} ${howFarBehind(notice)}.`;
    case 'unseen':
      return unseenText(notice);
    case 'smaller-chunks':
      return `Deleting in smaller chunks: ${waiting(notice)} for rows that are being deleted.`;
    case 'waits-for-lock-waiters':
      return `Waiting: ${waiting(notice)} for rows that are being deleted.`;
    case 'waits-for-undo-backlog':
      return `Waiting: the server keeps old versions of rows of ${grouped(notice.transactions)} transactions, as they may still be read. ${reader(notice)}`;
    case 'undo-backlog-stays':
      return `Going on after ${seconds(notice.waitedMs)}, though the server still keeps old versions of rows for an old transaction: their space is free only when that has ended.`;
    case 'paused':
      return `Waiting: ${notice.by} has paused it.`;
    case 'rebuilds':
      return rebuildLine(notice);
    case 'stalled':
      return `Nothing has been read or written for ${seconds(notice.ms)}; still waiting.`;
    case 'tables-added':
      return `Also exported, as their rows are referred to: ${notice.tables.join(', ')}.`;
    case 'accounts-exported':
      return `Note: the export has ${counted(notice.rows, 'account')} that the company's rows refer to, with the password hash of each.`;
    case 'not-recorded':
      return `Note: the export is not recorded, and status does not know of it. ${notice.why}`;
    case 'archive':
      return notice.text;
    case 'note':
      return `Note: ${notice.text}.`;
    case 'switch':
      return switchLine(notice.step);
  }
}

function rebuildLine({ table, bytes: size, expectedMs }: Extract<TaskNotice, { kind: 'rebuilds' }>): string {
  const long = expectedMs === null ? '' : `, about ${seconds(expectedMs)}`;
  return `Rebuilding ${table ?? 'the database'} (${bytes(size)}${long})`;
}

function howFarBehind({
  seconds: behind,
  why,
  maxLagMs,
}: Extract<TaskNotice, { kind: 'waits-for-replica' }>): string | null {
  return behind === null ? why : `is ${behind.toFixed(1)} s behind (limit ${seconds(maxLagMs)})`;
}

const UNSEEN = {
  'lock-waiters': ['which sessions wait for rows that are being deleted', 'does not wait for that'],
  'undo-backlog': ['how many old versions of rows the server keeps for readers', 'does not wait for that'],
  'foreign-keys': [
    'whether tables that are hidden from this account refer to the rows to be deleted',
    'rows there that are deleted by a foreign key are not counted',
  ],
} as const;

function unseenText({ what, why, remedy }: Extract<TaskNotice, { kind: 'unseen' }>): string {
  const [sight, so] = UNSEEN[what];
  return `Cannot see ${sight}, ${why}; ${so}.${remedy === null ? '' : ` To change this: ${remedy}`}`;
}

function waiting({ whose, sessions }: { readonly whose: string; readonly sessions: number }): string {
  if (sessions <= 1) return `${whose} waits`;
  return `${whose} and ${counted(sessions - 1, 'other session')} wait`;
}

function reader({
  whose,
  seconds: open,
  why,
}: Extract<TaskNotice, { kind: 'waits-for-undo-backlog' }>): string {
  if (open !== null) return `The oldest transaction, of ${whose}, has been open for ${seconds(open * 1000)}.`;
  return `The oldest transaction: ${whose} ${why}.`;
}

function switchLine(step: SwitchStep): string {
  switch (step.step) {
    case 'continues':
      return `Continuing the change that was begun at ${step.begun}.`;
    case 'gives-up':
      return `Note: a change to ${step.where} was begun and not finished; its copy there is left as it is.`;
    case 'copied':
      return `Copied ${counted(step.rows, 'row')} in ${seconds(Math.round(step.ms))} while the platform was running.`;
    case 'caught-up':
      return `Copied what changed meanwhile: ${counted(step.rows, 'row')} in ${seconds(Math.round(step.ms))}.`;
    case 'holds-writers':
      return `The platform's writes now wait, for about ${seconds(Math.round(step.expectedMs))}.`;
    case 'released':
      return `The platform's writes waited for ${seconds(Math.round(step.ms))}.`;
  }
}
