/** The terminal's words for what can be done next: commands and options. */
import { type Action, type ActionName, type Input, type NextStep, nextWords } from '../next-step.ts';

/** The command of each action. */
export const COMMAND_NAMES: Readonly<Record<ActionName, string>> = {
  migrate: 'db:migrate',
  rollback: 'db:rollback',
  status: 'db:status',
  verify: 'db:verify',
  size: 'db:size',
  reclaim: 'db:reclaim',
  analyze: 'db:analyze',
  vacuum: 'db:vacuum',
  optimize: 'db:optimize',
  breakpoint: 'db:breakpoint',
  'restore-rollback': 'db:restore-rollback',
  prune: 'prune',
  'housekeeper-run': 'housekeeper:run',
  'housekeeper-status': 'housekeeper:status',
  'status-dismiss': 'status:dismiss',
  export: 'export',
  switch: 'db:switch',
  'retention-list': 'retention:list',
  'retention-hold': 'retention:hold',
  'token-list': 'token:list',
  import: 'import',
  'archive-list': 'archive:list',
  'archive-show': 'archive:show',
  'archive-verify': 'archive:verify',
};

export function commandLine(next: NextStep): string {
  return nextWords(next, word);
}

function word(part: Action | Input): string {
  if ('input' in part) return `--${part.input}${part.value === undefined ? '' : ` ${part.value}`}`;
  return ['multiflexi-cli', COMMAND_NAMES[part.action], part.to, ...(part.inputs ?? []).map(word)]
    .filter((piece) => piece !== undefined)
    .join(' ');
}
