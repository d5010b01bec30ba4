/** Tests that need programs which no npm package brings: .ci/tools.list has what to install for them. */
import { test } from 'vitest';
import { missingTools } from '../../scripts/packaging/tools.ts';

/**
 * A test that is skipped, in words that nobody can miss, where a program is missing; in CI it fails then.
 * @param tools commands, with the packages of Debian that bring them
 */
export function testWith(
  tools: Readonly<Record<string, string>>,
  name: string,
  run: () => Promise<void> | void,
  /** In milliseconds. */
  timeout?: number,
): void {
  const missing = missingTools(tools);
  const words = `${name} — NOT TESTED, as this machine lacks: apt-get install ${missing.join(' ')}`;
  if (missing.length === 0) test(name, run, timeout);
  else if (!process.env.CI) test.skip(words, run);
  else
    test(words, () => {
      throw new Error(words);
    });
}
