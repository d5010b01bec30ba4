import { defineConfig } from 'vitest/config';

/** `npm run test:packages`: packages are installed for real. Part of it is in `npm test` as well (tests/packages/life.test.ts). */
export default defineConfig({
  test: {
    include: ['tests/packages/**/*.test.ts'],
    reporters: ['default', './tests/harness/closing-line.ts'],
    // Each file has machines of its own.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 900_000,
  },
});
