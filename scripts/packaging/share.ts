/** What comes with the program for people and their shells: man pages, completion, licences, and the list of its parts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion, fishHousekeeperCompletion } from './completion/fish.ts';
import { completedWords } from './completion/words.ts';
import { zshCompletion } from './completion/zsh.ts';
import { copyrightFile } from './copyright.ts';
import type { Library } from './licences.ts';
import { manPages } from './man-pages.ts';
import type { Release } from './release.ts';
import type { Runtime } from './runtime.ts';
import { sbom } from './sbom.ts';

/** @param into a folder laid out as /usr/share is */
export async function layShare(
  into: string,
  release: Release,
  libraries: readonly Library[],
  runtime: Runtime,
): Promise<void> {
  for (const [name, text] of await manPages(release)) put(join(into, `man/man${name.slice(-1)}`, name), text);
  const words = await completedWords();
  const bash = bashCompletion(words);
  for (const name of ['multiflexi-cli', 'multiflexi-housekeeper'])
    put(join(into, 'bash-completion/completions', name), bash);
  put(join(into, 'zsh/vendor-completions/_multiflexi-cli'), zshCompletion(words));
  put(join(into, 'fish/vendor_completions.d/multiflexi-cli.fish'), fishCompletion(words));
  put(join(into, 'fish/vendor_completions.d/multiflexi-housekeeper.fish'), fishHousekeeperCompletion(words));
  const doc = join(into, 'doc/multiflexi-cli');
  put(join(doc, 'copyright'), copyrightFile(libraries, readFileSync(runtime.licence, 'utf8')));
  put(join(doc, 'sbom.cdx.json'), sbom(libraries, runtime.version, release.version, release.instant));
}

function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
