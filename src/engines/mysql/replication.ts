/**
 * The lag of MySQL's and MariaDB's replicas. A server of these does not know how far its replicas are, so they are named
 * and asked. Their own word for it (`Seconds_Behind_Source`) is of the last event that arrived: it is 0 on a replica to
 * which nothing comes through. So it is held against where the main server's log ended when.
 */
import { sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { ReplicaLag, ReplicaWatch, WatchRequest } from '../contract/replication.ts';
import { furthestBehind } from '../furthest-behind.ts';
import type { Place } from '../place.ts';
import { Trail } from '../trail.ts';
import { connectedReplicas } from './connected-replicas.ts';
import type { MysqlServer } from './connection.ts';
import {
  mayNotReadReplication,
  noBinaryLog,
  noReplicaNamed,
  notAReplica,
  unusableReplica,
} from './failures.ts';
import { clusterSize, FlowControl, GALERA_TRANSACTION_ROWS } from './galera.ts';
import { grantOf } from './grants.ts';
import { Replica } from './replica.ts';
import {
  type Channel,
  comparePositions,
  type LogPosition,
  position,
  type ReplicationDialect,
} from './replica-status.ts';

/** @throws USAGE, PERMISSION_DENIED, SERVER_UNREACHABLE, LOGIN_REFUSED */
export async function watchReplicas(
  server: MysqlServer,
  dialect: ReplicationDialect,
  { replicas: named, onWarning }: WatchRequest,
): Promise<ReplicaWatch> {
  const { db, place } = server;
  const nodes = await clusterSize(db);
  const addresses = named.length > 0 ? named : (server.settings.replicas ?? []);
  const known = await connectedReplicas(db, dialect.connected(server.version));
  if (addresses.length === 0 && nodes === null) throw noReplicaNamed(place, known);
  if (addresses.length > 0 && known.length > addresses.length)
    onWarning(
      `${known.length} replicas are connected to the ${place.kind} at ${place.address}, and ${addresses.length} of them named: the others are not waited for.`,
    );
  const cluster =
    nodes === null ? undefined : new FlowControl(db, `Galera cluster of ${nodes} nodes at ${place.address}`);
  const watched = addresses.map((address) => new Replica(server, dialect, address));
  const log = watched.length > 0 ? await openLog(server, dialect) : undefined;
  const close = async () => {
    for (const replica of watched) replica.close();
  };
  try {
    await cluster?.lag();
    // One after the other: the first that is amiss is told.
    for (const replica of watched) {
      const channels = await requireReplica(replica, server, dialect);
      if (channels.every(({ source }) => source !== null && source !== log?.ourselves))
        onWarning(
          `The ${replica.name} follows another server than this one: what it says of its lag is all there is, and it cannot know of what has not reached that server.`,
        );
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    what: [...(cluster ? [cluster.whose] : []), ...watched.map(({ name }) => name)].join(', '),
    largestTransaction: cluster ? GALERA_TRANSACTION_ROWS : null,
    lag: async () => {
      await log?.note();
      const lags: ReplicaLag[] = cluster ? [await cluster.lag()] : [];
      if (log)
        lags.push(...(await Promise.all(watched.map((replica) => replica.lag(log.ourselves, log.trail)))));
      return furthestBehind(lags) ?? { seconds: 0, whose: 'no replica', why: null };
    },
    close,
  };
}

interface Log {
  /** By what the replicas know this server. */
  readonly ourselves: string;
  readonly trail: Trail<LogPosition>;
  note(): Promise<void>;
}

/** Where the main server's own log ends, again and again. @throws PERMISSION_DENIED, USAGE */
async function openLog(server: MysqlServer, dialect: ReplicationDialect): Promise<Log> {
  const { db, place, version } = server;
  const trail = new Trail<LogPosition>(comparePositions);
  const end = async (): Promise<LogPosition> => {
    const { rows } = await sql<{
      File: string;
      Position: unknown;
    }>`${sql.raw(dialect.logEnd(version))}`.execute(db);
    const row = rows[0];
    if (row) return position(row.File, row.Position);
    throw noBinaryLog(place);
  };
  const note = async () => {
    const now = await end();
    trail.note(now, performance.now());
  };
  await note().catch(async (error: unknown) => {
    throw await withGrant(error, server, dialect, place);
  });
  const { rows } = await sql<{ id: unknown }>`select ${sql.raw(dialect.identity.variable)} as id`.execute(db);
  return { ourselves: String(rows[0]?.id ?? ''), trail, note };
}

/** @throws what keeps it from being watched */
async function requireReplica(
  replica: Replica,
  server: MysqlServer,
  dialect: ReplicationDialect,
): Promise<readonly Channel[]> {
  const { address } = replica.place;
  const channels = await replica.channels().catch(async (error: unknown) => {
    if (!isMultiFlexiError(error)) throw error;
    if (error.code === 'PERMISSION_DENIED') throw await withGrant(error, server, dialect, replica.place);
    throw unusableReplica(error.code, error.message);
  });
  if (channels.length > 0) return channels;
  throw notAReplica(address);
}

/** With the privilege that is missing, as a statement. */
async function withGrant(
  error: unknown,
  { db }: MysqlServer,
  { privileges }: ReplicationDialect,
  place: Place,
): Promise<unknown> {
  if (!isMultiFlexiError(error, 'PERMISSION_DENIED')) return error;
  const { user, statement } = await grantOf(db, `${privileges} ON *.*`);
  return mayNotReadReplication(user, place, statement);
}
