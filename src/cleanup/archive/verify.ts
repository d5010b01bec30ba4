/** Whether an archive is complete: every part its catalogue names, and every row of each as it was written. */
import { dirname, join } from 'node:path';
import { isMultiFlexiError } from '../../errors.ts';
import { type Passphrase, RowStreamReader, type Source } from '../../transfer/index.ts';
import { type ArchiveCatalogue, readCatalogue } from './catalogue.ts';
import { type ArchivePlace, ownerIn, partialsOf, partsOf } from './directory.ts';
import { isHeld } from './lock.ts';

export interface Finding {
  readonly archive: string;
  /** Where its rows are from; null where nothing of it can be read. */
  readonly source: Source | null;
  /** Rows that were read and verified. */
  readonly rows: number;
  /** What is wrong, in words; none where it is complete. */
  readonly faults: readonly string[];
  /** It has no catalogue yet, or a part that is not complete. */
  readonly unsettled: boolean;
  /** A run of its installation is writing to archives there: one that is unsettled may be its. */
  readonly running: boolean;
}

export interface VerifyOptions {
  readonly passphrase?: Passphrase | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/** Reads all of it. @throws PASSPHRASE_NEEDED, PASSPHRASE_WRONG; the signal's reason */
export async function verifyArchive(
  place: ArchivePlace,
  { passphrase, signal, onProgress }: VerifyOptions = {},
): Promise<Finding> {
  const faults: string[] = [];
  let rows = 0;
  // Asked first: a run that ends meanwhile leaves nothing unsettled.
  const running = await isHeld(dirname(place.path), ownerIn(place));
  const catalogue = orFault(faults, () => readCatalogue(place));
  const parts = orFault(faults, () => partsOf(place)) ?? [];
  let source = catalogue?.source ?? null;
  for (const { file } of catalogue?.parts ?? [])
    if (!parts.includes(file)) faults.push(`the part ${file} is missing`);
  for (const part of parts) {
    signal?.throwIfAborted();
    try {
      const reader = await RowStreamReader.open(join(place.path, part), { passphrase });
      try {
        source ??= reader.header.source;
        if (catalogue && !isListed(catalogue, part, reader.manifest.sha256))
          faults.push(`the part ${part} is not the one that the catalogue lists`);
        await reader.verify(({ head }) => {
          signal?.throwIfAborted();
          rows += head.rows;
          onProgress?.(rows);
        });
      } finally {
        await reader.close();
      }
    } catch (error) {
      faults.push(faultOf(error));
    }
  }
  const partials = orFault(faults, () => partialsOf(place)) ?? [];
  const unsettled = partials.length > 0 || (catalogue === undefined && faults.length === 0);
  return { archive: place.name, source, rows, faults: [...new Set(faults)], unsettled, running };
}

function orFault<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    faults.push(faultOf(error));
    return undefined;
  }
}

/** What is wrong with a file; the others can be read nevertheless. */
function faultOf(error: unknown): string {
  if (isMultiFlexiError(error, 'FILE_DAMAGED') || isMultiFlexiError(error, 'FILE_FAILED'))
    return error.message;
  throw error;
}

function isListed({ parts }: ArchiveCatalogue, part: string, sha256: string): boolean {
  return parts.some((listed) => listed.file === part && listed.sha256 === sha256);
}
