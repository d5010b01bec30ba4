/** Sessions that all see the database as it was at one moment, while others go on writing. */
import type { Kysely } from 'kysely';
import type { Engine } from '../../engines/index.ts';

/** @param readers how many sessions may help; fewer may be given */
export function inSnapshot<T>(
  engine: Engine,
  _readers: number,
  work: (sessions: readonly [Kysely<unknown>, ...Kysely<unknown>[]]) => Promise<T>,
): Promise<T> {
  return engine
    .kysely<unknown>()
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((db) => work([db]));
}
