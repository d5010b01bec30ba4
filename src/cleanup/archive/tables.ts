/** The tables whose rows an archive has. */

export type ArchivedTable = 'job' | 'artifacts' | 'logger';

/** Their places in every part. */
export const ARCHIVED: readonly ArchivedTable[] = ['job', 'artifacts', 'logger'];
