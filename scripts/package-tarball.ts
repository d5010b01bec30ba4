/** Builds tarballs for machines that are not Debian: `npm run package:tarball [-- OPTIONS]`; docs/packages.md has the options. */
import { packageOptions } from './packaging/options.ts';
import { reportBuilt } from './packaging/report.ts';
import { tarball } from './packaging/tarball.ts';

await reportBuilt(async function* () {
  const { architectures, ...options } = packageOptions();
  for (const architecture of architectures) yield await tarball({ ...options, architecture });
});
