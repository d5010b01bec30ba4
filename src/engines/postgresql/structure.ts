/** B-tree indexes held against themselves by the extension amcheck, which reads each of them as a whole. */
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { StructureChecks, StructureStep, Trouble } from '../contract/integrity.ts';
import { tablesNamed } from './tables-named.ts';

const QUICK = 'indexes are only read when the check is not quick';

/** Its function takes no lock that a writer would wait for. Source: https://www.postgresql.org/docs/current/amcheck.html */
export async function structureChecks(
  db: Kysely<unknown>,
  tables: readonly string[],
  depth: 'quick' | 'full',
): Promise<StructureChecks> {
  if (depth === 'quick') return { steps: [], left: [{ why: QUICK, remedy: null }] };
  const extension = await amcheck(db);
  if ('remedy' in extension) return { steps: [], left: [extension] };
  const { rows } = await sql<{ table: string; name: string; oid: string }>`
    select c.relname as "table", i.relname as name, i.oid::text as oid
    from pg_index as x join pg_class as c on c.oid = x.indrelid join pg_class as i on i.oid = x.indexrelid
    join pg_am as a on a.oid = i.relam
    where ${tablesNamed('c', tables)} and a.amname = 'btree' and i.relkind = 'i' and x.indisvalid
    order by c.relname, i.relname`.execute(db);
  return {
    steps: rows.map(
      ({ table, name, oid }): StructureStep => ({
        what: `index ${name}`,
        run: async (session) => {
          try {
            await sql`select ${sql.id(extension.schema, 'bt_index_check')}(index => ${oid}::oid::regclass)`.execute(
              session,
            );
            return [];
          } catch (error) {
            // What it finds it throws, as a failure of the data (XX002).
            if (!isMultiFlexiError(error, 'DATABASE_FAILED')) throw error;
            return [damaged(session, table, name)];
          }
        },
      }),
    ),
    left: [],
  };
}

function damaged(db: Kysely<unknown>, table: string, name: string): Trouble {
  return {
    about: name,
    severity: 'error',
    table,
    message: `The index ${name} is damaged: rows may not be found by it. Often its texts were sorted by another version of the C library. Check the disk as well, and have a backup, before you rebuild it.`,
    fix: sql`reindex index concurrently ${sql.id(name)}`.compile(db).sql,
    safeToLeave: null,
  };
}

type Missing = StructureChecks['left'][number];

async function amcheck(db: Kysely<unknown>): Promise<{ readonly schema: string } | Missing> {
  const { rows } = await sql<{
    schema: string | null;
    may: boolean | null;
    user: string;
    available: boolean;
  }>`
    select n.nspname as schema, current_user as user,
      (select has_function_privilege(p.oid, 'execute') from pg_proc as p
       where p.pronamespace = n.oid and p.proname = 'bt_index_check' order by p.pronargs limit 1) as may,
      exists (select from pg_available_extensions where name = 'amcheck') as available
    from (select 1) as one left join pg_extension as e on e.extname = 'amcheck'
    left join pg_namespace as n on n.oid = e.extnamespace`.execute(db);
  const [found] = rows;
  if (!found || found.schema === null)
    return {
      why: 'whether indexes are intact only the extension amcheck can tell, which is not in this database',
      remedy: found?.available ? 'CREATE EXTENSION amcheck' : null,
    };
  if (found.may !== true)
    return {
      why: `user ${found.user} may not run the functions of the extension amcheck`,
      remedy:
        sql`grant execute on all functions in schema ${sql.id(found.schema)} to ${sql.id(found.user)}`.compile(
          db,
        ).sql,
    };
  return { schema: found.schema };
}
