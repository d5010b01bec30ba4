import { expect, test } from 'vitest';
import { readExportMaxAge } from './export.ts';

const of = (text?: string) =>
  readExportMaxAge({
    file: undefined,
    environment: { DB_CONNECTION: 'sqlite', ...(text === undefined ? {} : { EXPORT_MAX_AGE_DAYS: text }) },
  });

test('a week unless specified, and nothing that is no number of days', () => {
  expect([of(), of(''), of('30')]).toEqual([7, 7, 30]);
  for (const wrong of ['0', '-1', '1.5', '7d', '99999'])
    expect(() => of(wrong)).toThrow('EXPORT_MAX_AGE_DAYS must be a whole number');
});
