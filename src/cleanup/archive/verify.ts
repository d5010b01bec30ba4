/** Whether an archive is whole: every part its catalogue names, and every row of each as it was written. */
import { join } from 'node:path';
import { isMultiFlexiError } from '../../errors.ts';
import { type Passphrase, RowStreamReader } from '../../transfer/index.ts';
import { type ArchiveCatalogue, readCatalogue } from './catalogue.ts';
import { type ArchivePlace, partialsOf, partsOf } from './directory.ts';

export interface Finding {
  readonly archive: string;
  /** Rows that were read and proven. */
  readonly rows: number;
  /** What is amiss, in words; none where it is whole. */
  readonly faults: readonly string[];
  /** Its run was cut off or is at work: the next run that archives there settles it. */
  readonly unsettled: boolean;
}

export interface VerifyOptions {
  readonly passphrase?: Passphrase | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/** Reads all of it. @throws PASSPHRASE_NEEDED, PASSPHRASE_WRONG, FILE_FAILED; the signal's reason */
export async function verifyArchive(
  place: ArchivePlace,
  { passphrase, signal, onProgress }: VerifyOptions = {},
): Promise<Finding> {
  const faults: string[] = [];
  let rows = 0;
  const catalogue = orFault(faults, () => readCatalogue(place));
  const parts = partsOf(place);
  for (const { file } of catalogue?.parts ?? [])
    if (!parts.includes(file)) faults.push(`the part ${file} is missing`);
  for (const part of parts) {
    signal?.throwIfAborted();
    try {
      const reader = await RowStreamReader.open(join(place.path, part), { passphrase });
      try {
        if (catalogue && !isListed(catalogue, part, reader.manifest.sha256))
          faults.push(`the part ${part} is not the one that the catalogue speaks of`);
        await reader.verify(({ head }) => {
          signal?.throwIfAborted();
          rows += head.rows;
          onProgress?.(rows);
        });
      } finally {
        await reader.close();
      }
    } catch (error) {
      if (!isMultiFlexiError(error, 'FILE_DAMAGED')) throw error;
      faults.push(error.message);
    }
  }
  const unsettled = partialsOf(place).length > 0 || (catalogue === undefined && faults.length === 0);
  return { archive: place.name, rows, faults, unsettled };
}

function orFault<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isMultiFlexiError(error, 'FILE_DAMAGED')) throw error;
    faults.push(error.message);
    return undefined;
  }
}

function isListed({ parts }: ArchiveCatalogue, part: string, sha256: string): boolean {
  return parts.some((listed) => listed.file === part && listed.sha256 === sha256);
}
