/** Taking a lease, and what its holder does with it. */
import type { Kysely } from 'kysely';
import { type Engine, tryFor } from '../engines/index.ts';
import { type ErrorCode, isMultiFlexiError, type MultiFlexiError } from '../errors.ts';
import { leaseHeld, leaseReleased, leaseTaken } from './failures.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Lease, LeaseRequest } from './lease.ts';
import { giveBack, type Held, holdByLock, holdByWriting, readLease, readState, renew, take } from './rows.ts';
import { type LeaseTables, provideLeases } from './table.ts';

/** Somebody else takes it, or has a transaction under it, just now. */
const IN_THE_WAY: readonly ErrorCode[] = ['LOCK_TIMEOUT', 'DEADLOCK', 'CONSTRAINT'];
/** How long the word that it is released may take, in milliseconds; without it, it is over by itself. */
const RELEASE_MS = 3_000;

/**
 * Takes the lease of this name, waiting at most `waitMs` for whoever holds it, and renews it until it is released. It is not
 * kept from others by a process that has died: it is over its time to live after the last renewal. What guards the
 * rows meanwhile is {@link Lease.hold}.
 * @throws LOCKED with the holder and since when; the signal's reason; PERMISSION_DENIED where the table cannot be made
 */
export async function acquireLease(engine: Engine, request: LeaseRequest): Promise<Lease> {
  await provideLeases(engine);
  const locksReach = await engine.locksReachAllWriters();
  let inTheWay: MultiFlexiError | undefined;
  const taken = await tryFor(request, async () => {
    const sent = performance.now();
    inTheWay = undefined;
    const term = await take(engine, request).catch((error: unknown) => {
      inTheWay = requireInTheWay(error);
    });
    return term === undefined ? undefined : { sent, term };
  });
  if (!taken) {
    const state = await readLease(engine, request.name);
    // Nobody has it: somebody else keeps all from writing, as to a whole SQLite file.
    if (inTheWay?.code === 'LOCK_TIMEOUT' && (state === null || state.released)) throw inTheWay;
    throw leaseHeld(request, state ?? undefined);
  }
  return new HeldLease(engine, request, taken, locksReach);
}

function requireInTheWay(error: unknown): MultiFlexiError {
  if (isMultiFlexiError(error) && IN_THE_WAY.includes(error.code)) return error;
  throw error;
}

class HeldLease implements Lease {
  readonly name: string;
  readonly term: bigint;
  private readonly engine: Engine;
  private readonly timeToLiveMs: number;
  private readonly locksReach: boolean;
  private readonly heartbeat: Heartbeat;
  private released = false;

  constructor(
    engine: Engine,
    { name, timeToLiveMs }: LeaseRequest,
    { sent, term }: { readonly sent: number; readonly term: bigint },
    locksReach: boolean,
  ) {
    this.engine = engine;
    this.name = name;
    this.term = term;
    this.timeToLiveMs = timeToLiveMs;
    this.locksReach = locksReach;
    const renewal = { name, timeToLiveMs, renew: () => this.renew() };
    this.heartbeat = new Heartbeat(renewal, sent);
  }

  get signal(): AbortSignal {
    return this.heartbeat.signal;
  }

  async hold(db: Kysely<unknown>): Promise<void> {
    this.requireSure();
    const { engine, heartbeat } = this;
    // A heartbeat waits for the transactions that hold the row, and would wait for ever if there were always one. On a
    // single connection it is the heartbeat that comes after this transaction.
    if (engine.capabilities.rowLocks) await heartbeat.giveWay();
    await engine.endWhenIdle(db, this.timeToLiveMs);
    const session = db as unknown as Kysely<LeaseTables>;
    const own = await (this.locksReach
      ? holdByLock(engine, session, this.held)
      : holdByWriting(session, this.held));
    if (!own) throw heartbeat.lose(leaseTaken(this.name, await readState(engine, session, this.name)));
    this.requireSure();
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.heartbeat.stop();
    const given = giveBack(this.engine, this.held);
    given.catch(() => {}); // Then it is over by itself.
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, RELEASE_MS);
    await Promise.race([given, late])
      .catch(() => {})
      .finally(() => clearTimeout(timer));
  }

  private get held(): Held {
    return { name: this.name, term: this.term };
  }

  private requireSure(): void {
    if (this.released) throw leaseReleased(this.name);
    this.heartbeat.requireSure();
  }

  private async renew(): Promise<MultiFlexiError | undefined> {
    const { engine, name } = this;
    return (await renew(engine, this.held)) ? undefined : leaseTaken(name, await readLease(engine, name));
  }
}
