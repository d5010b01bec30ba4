/** The deletion of rows that belong to nobody, by their age alone. */
import { sql } from 'kysely';
import type { Timeline } from '../../schema/index.ts';
import { beginningOf, older } from '../selection/boundary.ts';
import { among } from '../selection/id-ranges.ts';
import { type Choose, type ChunkContext, nothing, untyped } from './chunk-transaction.ts';
import { affected, listed, requireAbsent, requireNone } from './counts.ts';

export function agedToDelete(
  context: ChunkContext,
  timeline: Timeline,
  before: string,
  ids: readonly bigint[],
): Choose {
  const { engine, dependents } = context;
  const table = timeline.table;
  return async (db) => {
    const refused = await dependents.refusals(untyped(db), { table, ids }, new Set());
    const certain = ids.filter((id) => !refused.has(id));
    if (certain.length === 0) return nothing({ refused: listed(refused) });
    const old = sql<boolean>`${among(engine, `${table}.id`, certain)} and ${older(timeline, beginningOf(before))}`;
    return {
      refused: listed(refused),
      saved: [],
      remove: async (session) => {
        const chosen = { table, ids: certain };
        const lost = await dependents.count(untyped(session), chosen);
        const watched = await dependents.watch(untyped(session), chosen);
        const rows = await affected(session.deleteFrom(table).where(old));
        if (rows < certain.length)
          requireNone(
            table,
            await session.selectFrom(table).select(`${table}.id as id`).where(old).execute(),
          );
        else if (!context.deletesAll) await requireAbsent(engine, untyped(session), table, certain);
        await dependents.requireGone(untyped(session), chosen, watched);
        return { counts: { [table]: rows }, dependents: lost };
      },
    };
  };
}
