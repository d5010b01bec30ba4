/**
 * A Galera cluster has no lag to speak of: a node that cannot follow makes all the others stop writing until it can (flow
 * control). How much of the time they had to is what there is to watch.
 */
import { type Kysely, sql } from 'kysely';
import type { ReplicaLag } from '../contract/replication.ts';

/** The cluster is at its limit when it stood still for more than so much of the time: a healthy one hardly ever does. */
const MOST_PAUSED = 0.05;
/** Readings that are closer together, in milliseconds, say nothing: one pause would be all of the time. */
const SHORTEST_SPAN_MS = 200;
/** A transaction is checked against all others, and sent, as a whole; the other nodes apply it as a whole. */
export const GALERA_TRANSACTION_ROWS = 1_000;

/** The number of nodes, or null where the server is no node of a cluster. */
export async function clusterSize(db: Kysely<unknown>): Promise<number | null> {
  const on = await variable(db, sql`show global variables like 'wsrep_on'`);
  if (on !== 'ON') return null;
  const size = Number(await variable(db, sql`show global status like 'wsrep_cluster_size'`));
  return size > 0 ? size : null;
}

export class FlowControl {
  private readonly db: Kysely<unknown>;
  readonly whose: string;
  private last: { readonly at: number; readonly pausedMs: number } | undefined;
  private share = 0;

  constructor(db: Kysely<unknown>, whose: string) {
    this.db = db;
    this.whose = whose;
  }

  async lag(): Promise<ReplicaLag> {
    const pausedMs =
      Number((await variable(this.db, sql`show global status like 'wsrep_flow_control_paused_ns'`)) ?? 0) /
      1_000_000;
    const at = performance.now();
    if (!this.last) this.last = { at, pausedMs };
    else if (at - this.last.at >= SHORTEST_SPAN_MS) {
      // The counter begins anew with the server.
      this.share = Math.max(0, pausedMs - this.last.pausedMs) / (at - this.last.at);
      this.last = { at, pausedMs };
    }
    if (this.share <= MOST_PAUSED) return { seconds: 0, whose: this.whose, why: null };
    const percent = Math.min(100, Math.round(this.share * 100));
    return {
      seconds: null,
      whose: this.whose,
      why: `stood still for ${percent} % of the time, waiting for a node that cannot follow (flow control)`,
    };
  }
}

async function variable(db: Kysely<unknown>, statement: ReturnType<typeof sql>): Promise<string | undefined> {
  const { rows } = await statement.execute(db);
  const [row] = rows as { Value?: string }[];
  return row?.Value;
}
