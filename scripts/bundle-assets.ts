/** Bundles what the console's pages load in a browser: scripts, each with all it needs, and style sheets as they are. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const from = `${root}src/web/browser/`;

const SCRIPTS = ['console', 'login'];
const AS_THEY_ARE = ['console.css', 'login.css', 'icon.svg'];

/**
 * @param into a folder, made where it does not exist
 * @returns the files that went into scripts, ours and those of libraries, by their paths
 */
export async function bundleAssets(into: string): Promise<string[]> {
  mkdirSync(into, { recursive: true });
  const files: string[] = [];
  for (const script of SCRIPTS) {
    const { output } = await build({
      cwd: root,
      input: { [script]: `${from}${script}.ts` },
      platform: 'browser',
      output: { dir: into, format: 'esm', entryFileNames: '[name].js', minify: true },
      logLevel: 'warn',
    });
    files.push(...output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])));
  }
  for (const file of AS_THEY_ARE) copyFileSync(`${from}${file}`, `${into}/${file}`);
  return files;
}
