/** The pool of connections to MySQL and MariaDB, as all others see it. */
import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import type { Connection, Pool, PoolConnection } from 'mysql2';
import type { Place } from '../place.ts';
import type { SessionFacts } from '../session.ts';
import { type Asked, requireOwnSession } from '../shared-session.ts';
import { whoAnswers } from './session.ts';

/** A connection that is set up, and what the server said of it. */
export interface Session {
  readonly connection: Connection;
  readonly facts: SessionFacts;
}

/** One of the pool as it is, set up or not. */
export function connectionOf(pool: Pool): Promise<PoolConnection> {
  const { promise, resolve, reject } = Promise.withResolvers<PoolConnection>();
  pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
  return promise;
}

/** A connection that is new is set up before it is handed out. */
export class SetUpPool implements MysqlPool {
  private readonly pool: Pool;
  private readonly setUp: (connection: Connection) => Promise<SessionFacts>;
  private readonly facts = new WeakMap<Connection, SessionFacts>();

  constructor(pool: Pool, setUp: (connection: Connection) => Promise<SessionFacts>) {
    this.pool = pool;
    this.setUp = setUp;
  }

  getConnection(done: Parameters<MysqlPool['getConnection']>[0]): void {
    this.take().then(
      (connection) => done(undefined, connection as unknown as MysqlPoolConnection),
      (error: unknown) => done(error, undefined as unknown as MysqlPoolConnection),
    );
  }

  end(done: Parameters<MysqlPool['end']>[0]): void {
    this.pool.end(done);
  }

  /** @returns whether something stands before the server @throws SESSION_SHARED */
  async requireOwn(place: Place, connect: () => Promise<Session>): Promise<boolean> {
    const connection = await this.take();
    try {
      const facts = this.facts.get(connection);
      if (facts?.relayed) await requireOwn(place, { connection, facts }, connect());
      return facts?.relayed ?? false;
    } finally {
      connection.release();
    }
  }

  private async take(): Promise<PoolConnection> {
    const connection = await connectionOf(this.pool);
    if (this.facts.has(connection)) return connection;
    try {
      this.facts.set(connection, await this.setUp(connection));
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }
}

/** @throws SESSION_SHARED */
async function requireOwn(place: Place, first: Session, connecting: Promise<Session>): Promise<void> {
  const asked = ({ connection, facts }: Session): Asked => ({
    facts,
    whoAnswers: () => whoAnswers(connection),
  });
  try {
    await requireOwnSession(place, asked(first), connecting.then(asked));
  } finally {
    connecting.then(({ connection }) => connection.destroy()).catch(() => {});
  }
}
