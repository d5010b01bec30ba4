/** The deletion of log entries by their own age. */
import type { Kysely } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';
import { freeLogs, type Holds, isNothingHeld, readHolds } from '../selection/held-rows.ts';
import { among } from '../selection/id-ranges.ts';
import { type Choose, type ChunkContext, nothing, untyped } from './chunk-transaction.ts';
import { affected, listed, requireAbsent, requireNone } from './counts.ts';

/** @param archive whether they are saved first */
export function logsToDelete(context: ChunkContext, ids: readonly bigint[], archive: boolean): Choose {
  const { engine } = context;
  return async (db) => {
    const holds = await readHolds(engine, db);
    // What is held must not be deleted by a cascade of another one.
    const asked = archive || context.dependents.mayRefuse('logger');
    const free = asked ? await freeAmong(engine, db, ids, holds) : ids;
    const refused = await context.dependents.refusals(
      untyped(db),
      { table: 'logger', ids: free },
      new Set(archive ? free : []),
    );
    const certain = free.filter((id) => !refused.has(id));
    if (certain.length === 0) return nothing({ refused: listed(refused) });
    const kept = () =>
      db
        .selectFrom('logger')
        .select('id')
        .where(among(engine, 'id', certain))
        .where(freeLogs(engine, holds));
    return {
      refused: listed(refused),
      saved: archive
        ? [{ table: 'logger', column: 'id', ids: certain, rowsOf: () => 1, count: certain.length }]
        : [],
      remove: async (session) => {
        const chosen = { table: 'logger', ids: certain } as const;
        const lost = await context.dependents.count(untyped(session), chosen);
        const watched = await context.dependents.watch(untyped(session), chosen);
        const deletion = session.deleteFrom('logger').where(among(engine, 'id', certain));
        const rows = await affected(archive ? deletion : deletion.where(freeLogs(engine, holds)));
        if (rows < certain.length) requireNone('logger', await kept().execute());
        else if (!context.deletesAll) await requireAbsent(engine, untyped(session), 'logger', certain);
        await context.dependents.requireGone(untyped(session), chosen, watched);
        return { counts: { logger: rows }, dependents: lost };
      },
    };
  };
}

/** Those of the log entries that are not held, under row locks where there are such. */
async function freeAmong(
  engine: Engine,
  db: Kysely<Database>,
  ids: readonly bigint[],
  holds: Holds,
): Promise<readonly bigint[]> {
  const { rowLocks } = engine.capabilities;
  if (!rowLocks && isNothingHeld(holds)) return ids;
  const query = db
    .selectFrom('logger')
    .select('logger.id')
    .where(among(engine, 'logger.id', ids))
    .where(freeLogs(engine, holds));
  if (rowLocks && ids.length > 1) {
    // Nearly always all of them: to be told each id takes its client longer than to delete the row.
    const locked = db.selectFrom(query.forUpdate().as('locked'));
    const { n } = await locked.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow();
    if (Number(n) === ids.length) return ids;
  }
  const free = await (rowLocks ? query.forUpdate() : query).execute();
  return free.map(({ id }) => id);
}
