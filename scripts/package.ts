/** Builds the Debian packages: `npm run package [-- OPTIONS]`; docs/packages.md has the options. */
import { debianPackages } from './packaging/debian.ts';
import { packageOptions } from './packaging/options.ts';
import { reportBuilt } from './packaging/report.ts';

await reportBuilt(async function* () {
  const { architectures, ...options } = packageOptions();
  for (const [index, architecture] of architectures.entries()) {
    yield* await debianPackages({ ...options, architecture, all: index === 0 });
  }
});
