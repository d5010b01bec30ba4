/**
 * Bundles the program into dist/, so that starting it reads a few files instead of hundreds; each command and
 * each engine is a chunk of its own, read only when it is needed. The drivers stay outside: better-sqlite3 is
 * native, and the others gain nothing.
 */
import { rmSync } from 'node:fs';
import { build } from 'rolldown';

const root = new URL('..', import.meta.url).pathname;

rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  cwd: root,
  input: { main: 'src/cli/main.ts' },
  platform: 'node',
  external: ['better-sqlite3', 'mysql2', 'mysql2/promise', 'pg', 'pg-copy-streams', 'pino'],
  treeshake: true,
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: false,
  },
  logLevel: 'warn',
});
