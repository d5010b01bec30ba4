import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, parseVersion, requireVersion } from './version.ts';

const version = fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 4 });

describe('versions', () => {
  test('are read out of what servers say', () => {
    expect(parseVersion('8.0.42-0ubuntu0.24.04.1')).toEqual([8, 0, 42]);
    expect(parseVersion('10.11.14-MariaDB-0+deb12u2')).toEqual([10, 11, 14]);
    expect(parseVersion('15.18 (Debian 15.18-0+deb12u1)')).toEqual([15, 18]);
    expect(parseVersion('18beta1')).toEqual([18]);
    expect(parseVersion('unknown')).toEqual([0]);
  });

  test('survive being written and read', () => {
    fc.assert(
      fc.property(version, (parts) => {
        expect(parseVersion(`v${parts.join('.')}-x`)).toEqual(parts);
      }),
    );
  });

  test('are a total order, by number and not by letter', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        expect(compareVersions(a, [...a, 0])).toBe(0);
        expect(compareVersions([...a, 1], a)).toBeGreaterThan(0);
      }),
    );
    expect(compareVersions([10, 5], [9, 9])).toBeGreaterThan(0);
  });

  test('too old are refused with both versions and the reason', () => {
    expect(() => requireVersion('MySQL', [5, 7, 44], [8, 0, 19], 'a reason')).toThrowError(
      expect.objectContaining({
        code: 'SERVER_TOO_OLD',
        exit: 5,
        message: 'MySQL 5.7.44 is too old: 8.0.19 or later is required (a reason).',
      }),
    );
    expect(() => requireVersion('MySQL', [8, 0, 19], [8, 0, 19], '')).not.toThrow();
  });
});
