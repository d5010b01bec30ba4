/**
 * Bundles the program into dist/, so that starting it reads a few files instead of hundreds; each command and
 * each engine is a chunk of its own, read only when it is needed. Only better-sqlite3, which is native, and pino, which is for
 * -v alone, stay outside.
 */
import { rmSync } from 'node:fs';
import { build } from 'rolldown';

const root = new URL('..', import.meta.url).pathname;

rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  cwd: root,
  input: { main: 'src/cli/main.ts' },
  platform: 'node',
  external: ['better-sqlite3', 'pino', 'pg-native'],
  // A front door leads to a whole room: only what a command uses of it comes along. No file of ours does anything by being
  // imported, but the first one.
  treeshake: { moduleSideEffects: (id) => !id.startsWith(`${root}src/`) || id === `${root}src/cli/main.ts` },
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: false,
  },
  logLevel: 'warn',
});
