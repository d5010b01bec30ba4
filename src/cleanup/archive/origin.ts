/** Whether an archive is of this installation: rows of another one would be strangers among its own. */
import type { Engine } from '../../engines/index.ts';
import { findInstallation } from '../../schema/index.ts';
import { isSameInstallation, sourceOf, sourceWords } from '../../transfer/index.ts';
import { companySlugs } from '../selection/company-slugs.ts';
import type { ArchiveCatalogue } from './catalogue.ts';

export interface Origin {
  /** In words; none where nobody has to be asked. */
  readonly differences: readonly string[];
}

/** @returns what tells the archive's installation from the database's, and its companies from those of the same ids */
export async function originOf(engine: Engine, { source, companies }: ArchiveCatalogue): Promise<Origin> {
  const live = sourceOf(engine, await findInstallation(engine));
  const isSame = isSameInstallation(source, live);
  // Companies are renamed in the course of time; where an address is all that speaks for it, that counts as well.
  if (isSame && source.installation !== null) return { differences: [] };
  const slugs = await companySlugs(
    engine,
    companies.map(({ id }) => BigInt(id)),
  );
  const others = companies.flatMap(({ id, slug }) => {
    const there = slugs.get(BigInt(id));
    if (slug === null || there === slug) return [];
    return [`company ${id} is ${slug} in the archive and ${there ?? 'does not exist'} here`];
  });
  const installation = isSame
    ? []
    : [`the archive comes from ${sourceWords(source)}, but this database is ${sourceWords(live)}`];
  return { differences: [...installation, ...others] };
}
