import type { Source } from './contract.ts';

const all: readonly Source[] = ['environment', 'machine', 'archive'];

/**
 * The ways to come by a server that may be tried, in their order. MULTIFLEXI_TEST_SOURCES leaves some out, such as
 * `environment,archive` for a machine whose own binaries are not to be used.
 */
export function sourcesWanted(): readonly Source[] {
  const wanted = (process.env.MULTIFLEXI_TEST_SOURCES ?? '').split(',').map((name) => name.trim());
  if (wanted.every((name) => name === '')) return all;
  return all.filter((source) => wanted.includes(source));
}
