import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import LongestFirst from './tests/harness/longest-first.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    // Minutes of installing: `npm run test:packages` (vitest.packages.config.ts).
    exclude: [...configDefaults.exclude, 'tests/packages/more/**'],
    globalSetup: ['tests/harness/provide-servers.ts'],
    reporters: ['default', './tests/harness/closing-line.ts'],
    // Processes that tests start compile the sources once, not each for itself.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/tests', import.meta.url)) },
    // Each file has databases of its own; two files at a time are as many as two cores can serve.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Where two cores serve four servers a race may go the other way once; which tests needed that is said at the end.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
