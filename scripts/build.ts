/** Bundles the program into dist/, where bin/ starts it. */
import { bundleProgram } from './bundle.ts';

await bundleProgram(new URL('../dist', import.meta.url).pathname);
