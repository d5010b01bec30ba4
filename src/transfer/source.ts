/** Where rows come from, as files of rows and their catalogues carry it. */
import type { Engine } from '../engines/index.ts';
import type { Installation } from '../schema/index.ts';
import type { Source } from './row-stream/format.ts';

/** @param installation null for a database that has no id yet */
export function sourceOf({ product, where }: Engine, installation: Installation | null): Source {
  return { product, where, installation: installation?.id ?? null, server: installation?.server ?? null };
}

/** Of a file that is older than installation ids the address is all there is. */
export function isSameInstallation(source: Source, live: Source): boolean {
  return source.installation === null
    ? source.where === live.where
    : source.installation === live.installation;
}

/** Whether it is the very database that the rows were read from, not a clone of it or a restored backup. */
export function isSameDatabase(source: Source, live: Source): boolean {
  return (
    source.installation !== null &&
    source.installation === live.installation &&
    source.server !== null &&
    source.server === live.server
  );
}

/** As part of a sentence. */
export function sourceWords({ installation, where }: Source): string {
  return installation === null ? where : `installation ${installation} (${where})`;
}
