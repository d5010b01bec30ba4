/**
 * Builds the Debian packages: `npm run package [-- OPTIONS]`. docs/packages.md has the options.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { architectureNamed, thisArchitecture } from './packaging/architecture.ts';
import { debianPackages } from './packaging/debian.ts';
import { BUILD, CHECKOUT } from './packaging/places.ts';

const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true },
    output: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'as-version': { type: 'string' },
  },
});
const version =
  values['as-version'] ?? String(JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')).version);
const output = resolve(values.output ?? join(BUILD, 'packages'));
const architectures = values.arch?.map(architectureNamed) ?? [thisArchitecture()];

for (const [index, architecture] of architectures.entries()) {
  const debs = await debianPackages({ architecture, output, quick: values.quick, version, all: index === 0 });
  for (const deb of debs)
    process.stdout.write(`${basename(deb)}  ${statSync(deb).size.toLocaleString('en')} bytes\n`);
}
