/** The names of the locks that keep runs of this program apart, whatever they are called by. */

/** Held by a change of the schema. */
export const SCHEMA_LOCK = 'migrations';

/** Held by whatever deletes rows or moves pages: purges, restores of archives, reclaiming space. */
export const PURGE_LOCK = 'prune';

/** The lease of whoever does the housekeeper's duties. */
export const HOUSEKEEPER_LEASE = 'housekeeper';
