/**
 * What a reader can do next, as a sentence in which actions and inputs are data: whoever shows it – a terminal, a page –
 * puts its own words for them: a command line, a button, the name of a field. Nothing but `cli/` knows an option's name.
 */

/** Something that can be done to a database or its archives. */
export type ActionName =
  | 'migrate'
  | 'rollback'
  | 'status'
  | 'verify'
  | 'size'
  | 'reclaim'
  | 'analyze'
  | 'vacuum'
  | 'optimize'
  | 'breakpoint'
  | 'restore-rollback'
  | 'prune'
  | 'housekeeper-run'
  | 'housekeeper-status'
  | 'status-dismiss'
  | 'export'
  | 'switch'
  | 'retention-list'
  | 'retention-hold'
  | 'token-list'
  | 'import'
  | 'archive-list'
  | 'archive-show'
  | 'archive-verify';

export interface Action {
  readonly action: ActionName;
  /** What it is done to: a version, a file, an archive. */
  readonly to?: string;
  /** Inputs that it takes, with their values where they have one. */
  readonly inputs?: readonly Input[];
}

/** What a caller can say with an action. */
export type InputName =
  | 'accept-changed'
  | 'all'
  | 'archive'
  | 'back'
  | 'company'
  | 'confirm'
  | 'date'
  | 'dry-run'
  | 'encrypt'
  | 'environment'
  | 'except'
  | 'fake'
  | 'fix-plan'
  | 'force'
  | 'ignore-missing-columns'
  | 'job'
  | 'jobs'
  | 'keep'
  | 'keep-last'
  | 'keep-per-template'
  | 'lock-timeout'
  | 'logs'
  | 'max-lag'
  | 'max-stop'
  | 'older-than'
  | 'output'
  | 'passphrase-file'
  | 'replica'
  | 'run-template'
  | 'save-plan'
  | 'tables'
  | 'target'
  | 'toi'
  | 'unset'
  | 'verbose'
  | 'wait'
  | 'without'
  | 'yes';

export interface Input {
  readonly input: InputName;
  readonly value?: string;
}

export type NextStep = readonly (string | Action | Input)[];

/** A tag for templates: `` step`Run ${{ action: 'migrate' }} first.` `` */
export function step(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | bigint | Action | Input | NextStep)[]
): NextStep {
  const parts: (string | Action | Input)[] = [];
  texts.forEach((text, place) => {
    if (text !== '') parts.push(text);
    const value = values[place];
    if (value === undefined) return;
    if (isNextStep(value)) parts.push(...value);
    else parts.push(typeof value === 'object' ? value : String(value));
  });
  return parts;
}

/** @param word for an action or an input */
export function nextWords(next: NextStep, word: (part: Action | Input) => string = plainWord): string {
  return next.map((part) => (typeof part === 'string' ? part : word(part))).join('');
}

function plainWord(part: Action | Input): string {
  if ('input' in part) return part.value === undefined ? part.input : `${part.input} ${part.value}`;
  return [part.action, part.to, ...(part.inputs ?? []).map(plainWord)]
    .filter((word) => word !== undefined)
    .join(' ');
}

function isNextStep(value: unknown): value is NextStep {
  return Array.isArray(value);
}
