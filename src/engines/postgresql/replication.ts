/**
 * The lag of PostgreSQL's standbys, read on their primary: it knows all that are connected to it, and how far each has
 * replayed its log. Its own `replay_lag` is that of the last answer, however old, and nothing at all when a standby was
 * idle: so it is held against where the log ended when.
 */
import { type Kysely, sql } from 'kysely';
import type { ReplicaLag, ReplicaWatch, WatchRequest } from '../contract/replication.ts';
import { furthestBehind } from '../furthest-behind.ts';
import { Trail } from '../trail.ts';
import type { PostgresqlServer } from './connection.ts';
import { knowsItsReplicas, mayNotReadStandbys } from './failures.ts';

/** One who receives the log; positions are bytes since its beginning. */
interface Receiver {
  readonly application: string;
  readonly address: string | null;
  readonly replayed: bigint | null;
  readonly said: number | null;
  readonly logical: boolean;
}

type Standby = Receiver & { readonly replayed: bigint };

/** @throws PERMISSION_DENIED, USAGE */
export async function watchReplicas(
  server: PostgresqlServer,
  db: Kysely<unknown>,
  { replicas, onWarning }: WatchRequest,
): Promise<ReplicaWatch> {
  if (replicas.length > 0 || server.settings.replicas?.length) throw knowsItsReplicas();
  await requireRight(server, db);
  await warnOfSlots(db, onWarning);
  const watch = new Watch(db);
  const { standbys, others } = await watch.look();
  if (standbys.length === 0)
    onWarning(
      `No standby is connected to the PostgreSQL server at ${server.place.address}: nobody is waited for until one is.`,
    );
  if (others.length > 0) onWarning(`Logical replication is not waited for: ${others.join(', ')}.`);
  return {
    what: standbys.length === 0 ? 'standbys that connect later' : standbys.join(', '),
    largestTransaction: null,
    lag: () => watch.lag(),
    close: async () => {},
  };
}

/** Whoever lacks it sees that there are standbys, and nothing of them. */
async function requireRight({ place }: PostgresqlServer, db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ may: boolean; role: string }>`
    select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as may, quote_ident(current_user) as role`.execute(
    db,
  );
  if (!rows[0]?.may) throw mayNotReadStandbys(place, rows[0]?.role ?? '');
}

/** A slot whose replica is away keeps all of the log for it, and a purge writes much. */
async function warnOfSlots(db: Kysely<unknown>, onWarning: (sentence: string) => void): Promise<void> {
  const { rows } = await sql<{ name: string; kept: bigint | null }>`
    select slot_name as name, (pg_current_wal_flush_lsn() - restart_lsn)::bigint as kept
    from pg_replication_slots where not active and not temporary and restart_lsn is not null`.execute(db);
  for (const { name, kept } of rows)
    onWarning(
      `Nobody reads replication slot ${name}: the server keeps ${mebibytes(kept ?? 0n)} of its log for it, and every change adds to that.`,
    );
}

class Watch {
  private readonly db: Kysely<unknown>;
  private readonly trail = new Trail<bigint>((a, b) => Number(a - b));
  /** How many of a name there were at most: several may have the same. */
  private readonly most = new Map<string, number>();

  constructor(db: Kysely<unknown>) {
    this.db = db;
  }

  /** @returns who is there, in words: who is waited for, and who is not */
  async look(): Promise<{ standbys: string[]; others: string[] }> {
    const { receivers } = await this.read();
    return {
      standbys: receivers.filter(isStandby).map(nameOf),
      others: receivers.filter(({ logical }) => logical).map(({ application }) => application),
    };
  }

  async lag(): Promise<ReplicaLag> {
    const { receivers, end, now } = await this.read();
    const standbys = receivers.filter(isStandby);
    const lags = [...standbys.map((standby) => this.lagOf(standby, end, now)), ...this.gone(standbys)];
    return furthestBehind(lags) ?? { seconds: 0, whose: 'no standby', why: null };
  }

  private async read(): Promise<{ receivers: Receiver[]; end: bigint; now: number }> {
    const { rows } = await sql<Partial<Receiver> & { end_: bigint }>`
      select (l.end_ - '0/0'::pg_lsn)::bigint as end_, r.application_name as application, host(r.client_addr) as address,
        (r.replay_lsn - '0/0'::pg_lsn)::bigint as replayed,
        extract(epoch from r.replay_lag)::float8 as said,
        exists (select from pg_replication_slots as s where s.active_pid = r.pid and s.slot_type = 'logical') as logical
      from (select pg_current_wal_flush_lsn() as end_) as l left join pg_stat_replication as r on true`.execute(
      this.db,
    );
    const now = performance.now();
    const end = rows[0]?.end_ ?? 0n;
    this.trail.note(end, now);
    // Without anybody the one row has the end of the log alone.
    const receivers = rows.flatMap(({ end_: _, application, address, replayed, said, logical }) =>
      application === undefined || application === null
        ? []
        : [
            {
              application,
              address: address ?? null,
              replayed: replayed ?? null,
              said: said ?? null,
              logical: logical ?? false,
            },
          ],
    );
    return { receivers, end, now };
  }

  private lagOf(standby: Standby, end: bigint, now: number): ReplicaLag {
    const whose = nameOf(standby);
    const { replayed, said } = standby;
    const measured = this.trail.behind(replayed, now);
    if (measured === null) {
      const why = `has been behind since before this began, and lacks ${mebibytes(end - replayed)} of the log`;
      return { seconds: null, whose, why };
    }
    // Caught up is caught up, whatever the last answer said.
    const seconds = this.trail.isAtEnd(replayed) ? 0 : Math.max(measured, said ?? 0);
    return { seconds, whose, why: null };
  }

  /** Those that were there and are not: they have to fetch later what is written now. */
  private gone(standbys: readonly Standby[]): ReplicaLag[] {
    const present = new Map<string, number>();
    for (const standby of standbys) present.set(nameOf(standby), (present.get(nameOf(standby)) ?? 0) + 1);
    for (const [name, count] of present) this.most.set(name, Math.max(count, this.most.get(name) ?? 0));
    return [...this.most].flatMap(([name, most]) =>
      (present.get(name) ?? 0) < most
        ? [
            {
              seconds: null,
              whose: name,
              why: 'is no longer connected; if it is not to come back, end this and start it again',
            },
          ]
        : [],
    );
  }
}

/** Others take the log and replay nothing: base backups, archivers (`pg_receivewal`), subscribers. */
function isStandby(receiver: Receiver): receiver is Standby {
  return !receiver.logical && receiver.replayed !== null;
}

function nameOf({ application, address }: Receiver): string {
  return `standby ${application || 'without a name'} at ${address ?? 'this host'}`;
}

function mebibytes(count: bigint): string {
  return `${(Number(count) / 1_048_576).toFixed(1)} MiB`;
}
