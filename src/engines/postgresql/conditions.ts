/** What of a PostgreSQL server will make trouble: old transaction ids, forgotten prepared transactions, slots that keep the log. */
import { type Kysely, sql } from 'kysely';
import type { ConditionLimits, Trouble } from '../contract/integrity.ts';

/** Of transaction ids that can be told from each other; the server stops writing three million before. */
const IDS = 2 ** 31;
/** From here on it is an error. */
const URGENT_SHARE = 0.75;

export async function conditions(db: Kysely<unknown>, limits: ConditionLimits): Promise<readonly Trouble[]> {
  return [
    ...(await oldTransactionIds(db, limits)),
    ...(await forgottenTransactions(db, limits)),
    ...(await keptLog(db, limits)),
  ];
}

/** Source: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND */
async function oldTransactionIds(
  db: Kysely<unknown>,
  { transactionIdShare }: ConditionLimits,
): Promise<Trouble[]> {
  // A database is as old as its oldest table, TOAST and catalogues included.
  const { rows } = await sql<{ database: string; age: number }>`
    select datname as database, greatest(age(datfrozenxid), mxid_age(datminmxid))::float8 as age
    from pg_database where datname = current_database()`.execute(db);
  return rows
    .filter(({ age }) => age / IDS >= transactionIdShare)
    .map(({ database, age }) => ({
      about: 'transaction-ids',
      severity: age / IDS >= URGENT_SHARE ? 'error' : 'warning',
      table: null,
      message: `${Math.floor((100 * age) / IDS)} % of the transaction ids of the database ${database} are used up since its oldest rows were frozen; before all of them are, the server stops writing. VACUUM freezes rows, unless an old transaction, a prepared one or a replication slot keeps it from that: look for these first.`,
      fix: 'vacuum (freeze)',
      safeToLeave: null,
    }));
}

/** They hold locks and keep VACUUM from its work, over restarts as well. */
async function forgottenTransactions(
  db: Kysely<unknown>,
  { preparedSeconds }: ConditionLimits,
): Promise<Trouble[]> {
  const { rows } = await sql<{ gid: string; owner: string; hours: number }>`
    select gid, owner, floor(extract(epoch from now() - prepared) / 3600)::float8 as hours from pg_prepared_xacts
    where database = current_database() and prepared <= now() - make_interval(secs => ${preparedSeconds})
    order by prepared`.execute(db);
  return rows.map(({ gid, owner, hours }) => ({
    about: `prepared:${gid}`,
    severity: 'warning',
    table: null,
    message: `The prepared transaction '${gid}' of ${owner} has waited for ${hours} hours for its end. It keeps its locks and keeps VACUUM from its work. Ask whoever prepared it whether it is to be committed (COMMIT PREPARED).`,
    fix: sql`rollback prepared ${sql.lit(gid)}`.compile(db).sql,
    safeToLeave: null,
  }));
}

/** A slot that nobody reads keeps the log until the disk is full. */
async function keptLog(db: Kysely<unknown>, { keptLogBytes }: ConditionLimits): Promise<Trouble[]> {
  const { rows } = await sql<{ name: string; mebibytes: number }>`
    with now as (select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as lsn)
    select slot_name as name, floor(pg_wal_lsn_diff(now.lsn, restart_lsn) / 1048576)::float8 as mebibytes
    from pg_replication_slots, now
    where not active and restart_lsn is not null and (database is null or database = current_database())
      and pg_wal_lsn_diff(now.lsn, restart_lsn) >= ${keptLogBytes}
    order by slot_name`.execute(db);
  return rows.map(({ name, mebibytes }) => ({
    about: `slot:${name}`,
    severity: 'warning',
    table: null,
    message: `The replication slot ${name}, which nobody reads just now, makes the server keep ${mebibytes} MiB of its log. Where its replica is to come back, start that instead; without the slot it must be made anew.`,
    fix: sql`select pg_drop_replication_slot(${sql.lit(name)})`.compile(db).sql,
    safeToLeave: null,
  }));
}
