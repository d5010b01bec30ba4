/** Bundles what the console's pages load in a browser: scripts, each with all it needs, and style sheets as they are. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { build } from 'rolldown';

const root = new URL('..', import.meta.url).pathname;
const from = `${root}src/web/browser/`;

const SCRIPTS = ['console', 'login'];
const AS_THEY_ARE = ['console.css', 'login.css', 'icon.svg'];

/** @param into a folder, made where it does not exist */
export async function bundleAssets(into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  for (const script of SCRIPTS)
    await build({
      cwd: root,
      input: { [script]: `${from}${script}.ts` },
      platform: 'browser',
      output: { dir: into, format: 'esm', entryFileNames: '[name].js', minify: true },
      logLevel: 'warn',
    });
  for (const file of AS_THEY_ARE) copyFileSync(`${from}${file}`, `${into}/${file}`);
}
