/**
 * Bundles the program, so that starting it reads a few files instead of hundreds; each command and
 * each engine is a chunk of its own, read only when it is needed. Only better-sqlite3, which is native, stays outside.
 * The same bundle is in the checkout and in every package.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'rolldown';
import { bundleAssets } from './bundle-assets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where a process starts, and a thread of the console: these files alone do something by being imported. */
const STARTS = {
  main: 'src/cli/main.ts',
  'console-thread': 'src/server/work/start-thread.ts',
  'summing-thread': 'src/transfer/digest/threads/start-thread.ts',
};
const starts = Object.values(STARTS).map((file) => `${root}${file}`);

/**
 * @param into the folder of the bundle, which is made anew
 * @param asVersion what the program says that it is; default: its own version
 * @returns the files that went into it, ours and those of libraries, by their paths
 */
export async function bundleProgram(into: string, asVersion?: string): Promise<string[]> {
  rmSync(into, { recursive: true, force: true });
  const { output } = await build({
    cwd: root,
    input: STARTS,
    platform: 'node',
    plugins: asVersion === undefined ? [] : [sayingVersion(asVersion)],
    external: ['better-sqlite3', 'pg-native'],
    // A front door leads to a whole room: only what a command uses of it comes along. No file of ours does anything by being
    // imported, but the first ones.
    treeshake: {
      moduleSideEffects: (id) => !id.startsWith(`${root}src/`) || starts.includes(id),
    },
    output: {
      dir: into,
      // A tenth of the start-up: Node links modules file by file, and asks each of its own that is imported for all exports, some of which load more.
      format: 'cjs',
      strict: true,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name]-[hash].cjs',
      codeSplitting: {
        groups: [
          // What a thread needs of that as well: each has a heap of its own, and Commander's text would be in all of them.
          {
            name: 'words',
            test: /src\/(errors|next-step|one-line|written-numbers|written-times|system\/program-version|documents\/json)\.ts/,
            priority: 4,
          },
          // What help and refused arguments need, and no more; not main.ts, which commands would then wait for in a circle. No
          // schema either: with one comes all of zod.
          {
            name: 'start',
            test: /src\/(cli\/(terminal|failure-report|progress-bar|numbers|interruption|next-words)|documents\/failure)\.ts/,
            priority: 3,
          },
          { name: 'commander', test: /node_modules\/commander/, priority: 3 },
          { name: 'zod', test: /node_modules\/zod\/v4\/(core|mini)\//, priority: 2 },
          { name: 'kysely', test: /node_modules\/kysely\//, priority: 2 },
          // A file costs more to find and link than a little code that this command does not use.
          { name: 'core', test: /src\/(?!cli\/)/, minShareCount: 26 },
          { name: 'command', test: /src\/cli\/(?!main)/, minShareCount: 26 },
        ],
      },
      minify: false,
      // V8 keeps a file's text as long as anything of it may run, in each thread: with one character beyond ASCII at twice the size.
      // Comments are of no use there (licences.txt has the licences); lines stay, by which errors are found.
      charset: 'ascii',
      comments: false,
    },
    logLevel: 'warn',
  });
  const ofAssets = await bundleAssets(`${into}/assets`);
  return [...output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])), ...ofAssets];
}

/** For tests of upgrades: the one file that says the version says another one. */
function sayingVersion(version: string): Plugin {
  return {
    name: 'version',
    load: (id) =>
      id === `${root}src/system/program-version.ts`
        ? `export const PROGRAM_VERSION = ${JSON.stringify(version)};`
        : null,
  };
}
