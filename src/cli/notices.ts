/** What a task tells while it works, as lines beside the result. */
import { lossTexts, noticeText, type TaskContext, type TaskNotice } from '../tasks/index.ts';
import { consentLines } from './consent-lines.ts';
import { rows as grouped } from './numbers.ts';
import type { Terminal } from './terminal.ts';

/** A lock is tried for every few seconds: that the same step still waits for it is not worth a line each time. */
const STILL_WAITING_MS = 60_000;

type Listener = Pick<Terminal, 'json' | 'verbose' | 'say' | 'wasAsked'>;

export function noticeTeller(terminal: Listener): NonNullable<TaskContext['onNotice']> {
  let waiting = { line: '', silentUntil: 0 };
  const isSaidAlready = (line: string) => line === waiting.line && performance.now() < waiting.silentUntil;
  return (notice) => {
    const isWaiting = notice.kind === 'migration' && notice.progress.event === 'waiting';
    for (const line of noticeLines(notice, terminal)) {
      if (isWaiting && isSaidAlready(line)) continue;
      if (isWaiting) waiting = { line, silentUntil: performance.now() + STILL_WAITING_MS };
      terminal.say(line);
    }
  };
}

function noticeLines(notice: TaskNotice, terminal: Listener): string[] {
  switch (notice.kind) {
    case 'confirmed':
      // What was removed is the result itself.
      return notice.consent.kind === 'removal' || terminal.wasAsked(notice.consent)
        ? []
        : consentLines(notice.consent);
    case 'migration':
      return migrationLines(notice.progress, terminal);
    case 'bookkeeping-lost':
      return [`This deletes only the program's own records: ${lossTexts(notice.losses).join('; ')}.`];
    case 'losses-saved':
      return savedLines(notice);
    default:
      return [noticeText(notice)];
  }
}

function migrationLines(
  progress: Extract<TaskNotice, { kind: 'migration' }>['progress'],
  terminal: Pick<Terminal, 'json' | 'verbose'>,
): string[] {
  const { event, direction, version, name, step, steps, summary } = progress;
  const lines: string[] = [];
  if (event === 'begun' && step === 1 && !terminal.json)
    lines.push(`${direction === 'up' ? 'migrating' : 'reverting'} ${version} ${name}`);
  if (event === 'begun' && terminal.verbose) lines.push(`  ${step}/${steps} ${summary}`);
  if (event === 'waiting')
    lines.push(`  ${step === 0 ? '' : `${step}/${steps} `}${summary}: waiting for another session's lock`);
  return lines;
}

function savedLines({ file, rows, direction }: Extract<TaskNotice, { kind: 'losses-saved' }>): string[] {
  const when = direction === 'down' ? 'After db:migrate' : 'After db:rollback of this migration';
  return [
    `Saved ${grouped(rows)} rows to ${file}`,
    `${when} it can be restored: multiflexi-cli db:restore-rollback ${file}`,
  ];
}
