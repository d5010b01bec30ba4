import { expect, test } from 'vitest';
import { leadingHere } from './leading-here.ts';

const reference = (
  [schema, table]: readonly [string | null, string],
  [targetSchema, target]: readonly [string | null, string],
) => ({ schema, table, targetSchema, target });

test('a foreign key concerns a database that it leads to, over however many tables of others', () => {
  const own = reference([null, 'artifacts'], [null, 'job']);
  const direct = reference(['billing', 'invoice'], [null, 'job']);
  const indirect = reference(['billing', 'line'], ['billing', 'invoice']);
  const further = reference(['reports', 'sum'], ['billing', 'line']);
  const alien = reference(['shop', 'line'], ['shop', 'invoice']);
  const sameName = reference(['shop', 'artifacts'], ['shop', 'job']);
  const away = reference([null, 'job'], ['billing', 'currency']);
  expect(leadingHere([further, alien, indirect, away, direct, sameName, own])).toEqual([
    further,
    indirect,
    direct,
    own,
  ]);
});

test('tables that refer to each other and to themselves come to an end', () => {
  const circle = [
    reference([null, 'a'], [null, 'b']),
    reference([null, 'b'], [null, 'a']),
    reference([null, 'a'], [null, 'a']),
    reference(['x', 'c'], ['x', 'c']),
  ];
  expect(leadingHere(circle)).toEqual(circle.slice(0, 3));
});
