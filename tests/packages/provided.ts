/** The system and the packages for a test; where there can be none, that is said so that nobody can miss it. */
import { debs } from './debs.ts';
import { cannotMakeRoots, type Release, rootOf, systemIn } from './roots.ts';

export interface Provided {
  readonly system: string;
  readonly debs: string;
}

export async function provide(release: Release): Promise<Provided | undefined> {
  const reason = await cannotMakeRoots();
  if (reason === undefined) return { system: systemIn(await rootOf(release)), debs: await debs() };
  const bar = '!'.repeat(78);
  process.stderr.write(`${bar}\nNO PACKAGE IS INSTALLED AND TESTED: ${reason}\n${bar}\n`);
  return undefined;
}
