/** Bundles the program into dist/, where bin/ starts it; beside it the licences of what it is bundled of. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from './bundle.ts';
import { licencesText } from './packaging/copyright.ts';
import { librariesOf, libraryIn } from './packaging/licences.ts';

const into = fileURLToPath(new URL('../dist', import.meta.url));
const files = await bundleProgram(into);
writeFileSync(join(into, 'licences.txt'), licencesText(librariesOf(files).map(libraryIn)));
