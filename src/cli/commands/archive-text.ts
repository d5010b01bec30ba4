import type { ArchiveCatalogue } from '../../tasks/index.ts';

export const ARCHIVE_DIRECTORY = 'directory of the archives';

/** What people read for the state of an archive. */
export const STATE_WORDS = {
  whole: 'complete',
  unsettled: 'incomplete',
  damaged: 'damaged',
  unreadable: 'unreadable',
} as const;

/** In bytes. */
export function sizeOf({ parts }: ArchiveCatalogue): number {
  return parts.reduce((sum, part) => sum + part.bytes, 0);
}
