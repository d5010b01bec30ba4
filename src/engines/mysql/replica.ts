/** One replica that is asked again and again over a connection of its own, which is made anew whenever it broke. */

import type { Connection, RowDataPacket } from 'mysql2';
import { type ErrorCode, isMultiFlexiError } from '../../errors.ts';
import { codeOf } from '../../system/index.ts';
import type { ReplicaAddress, ReplicaLag } from '../contract/replication.ts';
import { failure } from '../failure.ts';
import { furthestBehind } from '../furthest-behind.ts';
import { addressOf, type Place } from '../place.ts';
import type { Trail } from '../trail.ts';
import type { MysqlServer } from './connection.ts';
import { diagnose } from './diagnosis.ts';
import { type Channel, type LogPosition, type ReplicationDialect, readChannel } from './replica-status.ts';

/** A replica that says nothing for so long, in milliseconds, is taken for frozen. */
const ANSWER_MS = 5_000;
const DEFAULT_PORT = 3306;

/** Why it cannot be asked any more, as the end of a sentence. */
const SILENT: Partial<Record<ErrorCode, string>> = {
  SERVER_UNREACHABLE: 'does not answer',
  CONNECTION_LOST: 'does not answer',
  LOGIN_REFUSED: 'refuses the login of this account',
  PERMISSION_DENIED: 'does not tell this account any more',
};

export class Replica {
  readonly place: Place;
  private readonly server: MysqlServer;
  private readonly dialect: ReplicationDialect;
  private readonly address: { readonly host: string; readonly port: number };
  private connection: Connection | undefined;
  private closed = false;

  constructor(server: MysqlServer, dialect: ReplicationDialect, { host, port }: ReplicaAddress) {
    const { settings, place } = server;
    this.server = server;
    this.dialect = dialect;
    this.address = { host, port: port ?? (settings.socket === undefined ? settings.port : DEFAULT_PORT) };
    this.place = {
      ...place,
      kind: 'replica',
      address: addressOf({ ...settings, ...this.address, socket: undefined }),
    };
  }

  get name(): string {
    return `replica ${this.place.address}`;
  }

  /** The servers that it follows. @throws SERVER_UNREACHABLE, LOGIN_REFUSED, PERMISSION_DENIED, … */
  async channels(): Promise<Channel[]> {
    const connection = this.connection ?? (await this.connect());
    try {
      const [rows] = await connection
        .promise()
        .query<RowDataPacket[]>({ sql: this.dialect.status(this.server.version), timeout: ANSWER_MS });
      return rows.map((row) => readChannel(row, this.dialect));
    } catch (error) {
      this.disconnect();
      const silent = codeOf(error) === 'PROTOCOL_SEQUENCE_TIMEOUT';
      throw failure(silent ? 'SERVER_UNREACHABLE' : diagnose(error, true, this.place), this.place, error);
    }
  }

  /** @param ourselves how the main server is known to its replicas */
  async lag(ourselves: string, trail: Trail<LogPosition>): Promise<ReplicaLag> {
    try {
      const channels = await this.channels();
      return this.lagOf(channelsOf(channels, ourselves), ourselves, trail);
    } catch (error) {
      if (!isMultiFlexiError(error)) throw error;
      return this.unknown(SILENT[error.code] ?? `cannot be asked (${error.code})`);
    }
  }

  close(): void {
    this.closed = true;
    this.disconnect();
  }

  private async connect(): Promise<Connection> {
    const connection = await this.server.connectTo(this.place, {
      ...this.address,
      connectTimeout: ANSWER_MS,
    });
    // Nobody waited for it: a connection that is left open would keep the process alive.
    if (this.closed) connection.destroy();
    else this.connection = connection;
    return connection;
  }

  private disconnect(): void {
    this.connection?.destroy();
    this.connection = undefined;
  }

  private lagOf(channels: readonly Channel[], ourselves: string, trail: Trail<LogPosition>): ReplicaLag {
    const now = performance.now();
    const lags = channels.map(({ source, applied, receives, applies, error, said }) => {
      const because = error === 0 ? '' : ` (error ${error})`;
      if (!applies) return this.unknown(`applies nothing: its SQL thread is stopped${because}`);
      if (!receives) return this.unknown(`receives nothing: its I/O thread is not connected${because}`);
      const asItSays = said === null ? 'it does not say by how much' : `it says by ${said} s`;
      if (source !== ourselves)
        return said === null ? this.unknown('does not say how far it is behind') : this.known(said);
      const measured = trail.behind(applied, now);
      if (measured === null) return this.unknown(`has been behind since before this began; ${asItSays}`);
      // Caught up is caught up: what it says is rounded, and of its last event.
      return this.known(trail.isAtEnd(applied) ? 0 : Math.max(measured, said ?? 0));
    });
    return furthestBehind(lags) ?? this.unknown('follows no server any more');
  }

  private known(seconds: number): ReplicaLag {
    return { seconds, whose: this.name, why: null };
  }

  private unknown(why: string): ReplicaLag {
    return { seconds: null, whose: this.name, why };
  }
}

/** Of several servers that a replica follows, ours is what matters; where it is none of them, each may bring our rows. */
function channelsOf(channels: readonly Channel[], ourselves: string): readonly Channel[] {
  const ours = channels.filter(({ source }) => source === ourselves);
  return ours.length > 0 ? ours : channels;
}
