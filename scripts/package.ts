/** Builds the Debian packages: `npm run package [-- OPTIONS]`; docs/packages.md has the options. */
import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { architectureNamed, thisArchitecture } from './packaging/architecture.ts';
import { debianPackages } from './packaging/debian.ts';
import { BUILD } from './packaging/places.ts';
import { thisRelease } from './packaging/release.ts';

const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true },
    output: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'as-version': { type: 'string' },
  },
});
const release = thisRelease(values['as-version']);
const output = resolve(values.output ?? join(BUILD, 'packages'));
const architectures = values.arch?.map(architectureNamed) ?? [thisArchitecture()];

try {
  for (const [index, architecture] of architectures.entries()) {
    const wanted = { architecture, release, output, quick: values.quick, all: index === 0 };
    for (const deb of await debianPackages(wanted)) {
      process.stdout.write(`${basename(deb)}  ${statSync(deb).size.toLocaleString('en')} bytes\n`);
    }
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
