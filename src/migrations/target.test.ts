import fc from 'fast-check';
import { expect, test } from 'vitest';
import { targetOf } from './target.ts';

const KNOWN = ['20160203130652', '20251130113650'];

test('a date stands for the beginning of what is not said of it', () => {
  expect(targetOf({ date: '2025' }, KNOWN)).toBe('20250101000000');
  expect(targetOf({ date: '202511' }, KNOWN)).toBe('20251101000000');
  expect(targetOf({ date: '20251130113649' }, KNOWN)).toBe('20251130113649');
});

test('every calendar date is taken, cut anywhere', () => {
  const date = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, fc.constantFrom(4, 6, 8, 10, 12, 14), (instant, length) => {
      const words = instant.toISOString().replace(/\D/g, '').slice(0, length);
      const version = targetOf({ date: words }, KNOWN);
      expect(version).toMatch(/^\d{14}$/);
      expect(version?.startsWith(words)).toBe(true);
    }),
  );
});

test.each([
  '',
  '25',
  '2025-11',
  '202513',
  '20250230',
  '2025113024',
  '2025113011365',
  'yesterday',
  '20251130113650 ',
])('%j is no date', (date) => {
  expect(() => targetOf({ date }, KNOWN)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
});

test('only a version that is known is a target, and 0 is before them all', () => {
  expect(targetOf({ target: '0' }, KNOWN)).toBe('0');
  expect(targetOf({ target: '20160203130652' }, KNOWN)).toBe('20160203130652');
  for (const target of ['20160203130653', '2016', '-1', '00', 'job']) {
    expect(() => targetOf({ target }, KNOWN)).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_TARGET', exit: 64 }),
    );
  }
});

test('a version and a date exclude each other', () => {
  expect(() => targetOf({ target: '0', date: '2025' }, KNOWN)).toThrowError(
    expect.objectContaining({ code: 'USAGE' }),
  );
});
