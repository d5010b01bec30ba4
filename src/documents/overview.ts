/** One screen: what is well and what is not. */
import type { Finding, Overview } from '../overview/index.ts';
import type { NextStepWriter } from './failure.ts';

export function overviewDocument({ findings, isWell }: Overview, write: NextStepWriter) {
  return { well: isWell, findings: findings.map((finding) => findingOf(finding, write)) };
}

export function dismissedDocument(finding: Finding, write: NextStepWriter) {
  return { dismissed: findingOf(finding, write) };
}

export function undismissedDocument(id: string, wasDismissed: boolean) {
  return { id, was_dismissed: wasDismissed };
}

function findingOf({ id, level, sentence, next, measure, dismissed }: Finding, write: NextStepWriter) {
  return { id, level, sentence, next: next && write(next), measure, dismissed };
}
