/** A next step reads as a sentence to whoever shows it, in his own words. */
import { expect, test } from 'vitest';
import { commandLine } from './cli/next-words.ts';
import { MultiFlexiError } from './errors.ts';
import { step } from './next-step.ts';

const next = step`Run ${{ action: 'migrate', inputs: [{ input: 'accept-changed', value: '20160203130652' }] }} first, or leave ${{ input: 'max-lag' }} out.`;

test('the terminal names its command and its option', () => {
  expect(commandLine(next)).toBe(
    'Run multiflexi-cli db:migrate --accept-changed 20160203130652 first, or leave --max-lag out.',
  );
});

test('an error by itself names neither', () => {
  expect(new MultiFlexiError('NOT_MIGRATED', 'x', { next }).next).toBe(
    'Run migrate accept-changed 20160203130652 first, or leave max-lag out.',
  );
});

test('a step within another one keeps its actions', () => {
  expect(commandLine(step`Nothing was destroyed. ${step`See ${{ action: 'status' }}.`}`)).toBe(
    'Nothing was destroyed. See multiflexi-cli db:status.',
  );
});
