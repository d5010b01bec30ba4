/** What is asked of the table of leases. Every statement that writes names the term, so that nobody writes to another's. */
import { hostname } from 'node:os';
import { type Kysely, sql, type UpdateObject } from 'kysely';
import type { Engine } from '../engines/index.ts';
import type { LeaseState } from './lease.ts';
import { isThere, LEASES, type LeaseRow, type LeaseTables } from './table.ts';

export interface Claim {
  readonly name: string;
  readonly program: string;
  readonly timeToLiveMs: number;
}

export interface Held {
  readonly name: string;
  readonly term: bigint;
}

/** @returns null for a lease that nobody has ever held */
export async function readLease(engine: Engine, name: string): Promise<LeaseState | null> {
  return readState(engine, engine.kysely<LeaseTables>(), name).catch(async (error: unknown) => {
    if (await isThere(engine)) throw error;
    return null;
  });
}

/** @param db a transaction, where there is one: on one connection nothing else would be heard before its end */
export async function readState(
  { clock }: Engine,
  db: Kysely<LeaseTables>,
  name: string,
): Promise<LeaseState | null> {
  const row = await db
    .selectFrom(LEASES)
    .selectAll()
    .select(clock.as('now'))
    .where('name', '=', name)
    .executeTakeFirst();
  return row ? stateOf(row, row.now) : null;
}

/** @returns the new term; undefined while somebody else holds it @throws LOCK_TIMEOUT, DEADLOCK */
export async function take(engine: Engine, claim: Claim): Promise<bigint | undefined> {
  const state = await readLease(engine, claim.name);
  if (state?.held) return undefined;
  return state ? takeOver(engine, claim) : begin(engine, claim);
}

/** The row is locked by the UPDATE until the term is read. */
function takeOver(engine: Engine, claim: Claim): Promise<bigint | undefined> {
  return engine
    .kysely<LeaseTables>()
    .transaction()
    .execute(async (db) => {
      const { numUpdatedRows } = await db
        .updateTable(LEASES)
        .set({ ...holderOf(engine, claim), term: sql<bigint>`term + 1` })
        .where('name', '=', claim.name)
        .where((row) =>
          row.or([
            row('released', '=', true),
            sql<boolean>`${row.ref('renewed')} + ${row.ref('time_to_live')} <= ${engine.clock}`,
          ]),
        )
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return undefined;
      const { term } = await db
        .selectFrom(LEASES)
        .select('term')
        .where('name', '=', claim.name)
        .executeTakeFirstOrThrow();
      return term;
    });
}

/** @throws CONSTRAINT where somebody else was the first one */
async function begin(engine: Engine, claim: Claim): Promise<bigint> {
  const term = 1n;
  const row = { name: claim.name, term, writes: 0n, ...holderOf(engine, claim) };
  await engine
    .kysely<LeaseTables>()
    .transaction()
    .execute((db) => db.insertInto(LEASES).values(row).execute());
  return term;
}

function holderOf({ clock }: Engine, { program, timeToLiveMs }: Claim) {
  return {
    program: program.slice(0, 255),
    host: hostname().slice(0, 255),
    pid: process.pid,
    since: clock,
    renewed: clock,
    time_to_live: BigInt(Math.ceil(timeToLiveMs)),
    released: false,
  };
}

/** @returns whether it still was its own */
export async function renew(engine: Engine, held: Held): Promise<boolean> {
  return change(engine, held, { renewed: engine.clock });
}

export async function giveBack(engine: Engine, held: Held): Promise<void> {
  await change(engine, held, { released: true });
}

/** In a transaction, which waits for another writer on SQLite without keeping timers unheard. */
function change(
  engine: Engine,
  held: Held,
  values: UpdateObject<LeaseTables, typeof LEASES>,
): Promise<boolean> {
  return engine
    .kysely<LeaseTables>()
    .transaction()
    .execute(async (db) => {
      const { numUpdatedRows } = await own(db, held).set(values).executeTakeFirst();
      return numUpdatedRows === 1n;
    });
}

/** Reads the row so that nobody takes it over before the transaction has ended. @returns whether it is still its own */
export async function holdByLock(
  { shareLock }: Engine,
  db: Kysely<LeaseTables>,
  { name, term }: Held,
): Promise<boolean> {
  const row = await db
    .selectFrom(LEASES)
    .select(['term', 'released'])
    .where('name', '=', name)
    .modifyEnd(shareLock)
    .executeTakeFirst();
  return row?.term === term && !row.released;
}

/** Where locks do not reach all nodes of a cluster, what is written does: at the commit, the later one of two fails. */
export async function holdByWriting(db: Kysely<LeaseTables>, held: Held): Promise<boolean> {
  const { numUpdatedRows } = await own(db, held).set({ writes: sql<bigint>`writes + 1` }).executeTakeFirst();
  return numUpdatedRows === 1n;
}

function own(db: Kysely<LeaseTables>, { name, term }: Held) {
  return db
    .updateTable(LEASES)
    .where('name', '=', name)
    .where('term', '=', term)
    .where('released', '=', false);
}

function stateOf(row: LeaseRow, now: bigint): LeaseState {
  const { name, term, program, host, pid, since, renewed, released } = row;
  return {
    name,
    term,
    program,
    host,
    pid,
    since: instant(since),
    renewedAt: instant(renewed),
    held: !released && renewed + row.time_to_live > now,
    released,
  };
}

function instant(milliseconds: bigint): string {
  return new Date(Number(milliseconds)).toISOString();
}
