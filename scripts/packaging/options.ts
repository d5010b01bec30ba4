/** What can be said to the scripts that build packages. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Architecture, architectureNamed, thisArchitecture } from './architecture.ts';
import { BUILD } from './places.ts';
import { type Release, thisRelease } from './release.ts';

export interface PackageOptions {
  readonly architectures: readonly Architecture[];
  readonly release: Release;
  /** Where what is built goes. */
  readonly output: string;
  /** Hardly compressed, in seconds instead of minutes: for tests. */
  readonly quick: boolean;
}

export function packageOptions(): PackageOptions {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', multiple: true },
      output: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'as-version': { type: 'string' },
    },
  });
  return {
    architectures: values.arch?.map(architectureNamed) ?? [thisArchitecture()],
    release: thisRelease(values['as-version']),
    output: resolve(values.output ?? join(BUILD, 'packages')),
    quick: values.quick,
  };
}
