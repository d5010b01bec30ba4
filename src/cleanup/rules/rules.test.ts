/** Which of several rules decides about a row: a mistake here deletes what somebody wanted to keep. */
import { expect, test } from 'vitest';
import { forAll, mapRules, type Rules, resolve } from './rules.ts';

const rules: Rules<string> = {
  all: 'of all',
  byCompany: new Map([[1n, 'of company 1']]),
  byTemplate: new Map([[7n, 'of template 7']]),
};

test('the rule for the fewest rows decides, in whatever company the run template is now', () => {
  expect([
    resolve(rules, 1n, 7n),
    resolve(rules, 2n, 7n),
    resolve(rules, 1n, 8n),
    resolve(rules, 2n, 8n),
  ]).toEqual(['of template 7', 'of template 7', 'of company 1', 'of all']);
});

test('a job without a run template follows its company, and a row of nobody follows the rule for all', () => {
  expect([resolve(rules, 1n, null), resolve(rules, 2n, null), resolve(rules, null, null)]).toEqual([
    'of company 1',
    'of all',
    'of all',
  ]);
});

test('without a rule for all, whoever has none of its own is left alone', () => {
  expect([resolve({ ...rules, all: undefined }, 2n, 8n), resolve(forAll('x'), 2n, 8n)]).toEqual([
    undefined,
    'x',
  ]);
});

test('rules that are made from others are for the same rows', () => {
  const mapped = mapRules(rules, (rule) => rule.length);
  expect([resolve(mapped, 1n, 7n), resolve(mapped, 1n, 8n), resolve(mapped, 2n, 8n)]).toEqual([13, 12, 6]);
  expect(mapRules({ ...rules, all: undefined }, (rule) => rule).all).toBeUndefined();
});
