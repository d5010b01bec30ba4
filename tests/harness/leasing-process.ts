/**
 * A process of some host that holds the lease `work`, and deletes the rows of `leased_row` one by one in transactions behind
 * its fence where it is told to. Its one word is its orders, as JSON; what it says are lines of JSON ({@link Said}).
 */
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { DatabaseSettings } from '../../src/engines/index.ts';
import { isMultiFlexiError } from '../../src/errors.ts';
import { acquireLease, fencedTransaction } from '../../src/leases/index.ts';
import { persistently } from '../../src/pacing/index.ts';
import { opened } from './opened.ts';

export interface Orders {
  readonly settings: DatabaseSettings;
  /** What it takes its host for. */
  readonly host: string;
  /** How far the clock of its host is from the right time, in milliseconds. */
  readonly clockMs: number;
  readonly timeToLiveMs: number;
  readonly waitMs: number;
  /** After so many rows it stops itself as SIGSTOP does: between two transactions, or in one that has deleted a row. */
  readonly deletes?: { readonly freezesAfter: number; readonly where: 'between' | 'within' } | undefined;
}

export type Said =
  | { readonly said: 'ready' }
  | { readonly said: 'held'; readonly term: string }
  | { readonly said: 'freezes' }
  | { readonly said: 'failed'; readonly code: string; readonly exit: number; readonly message: string };

interface Tables {
  leased_row: { id: bigint };
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(value: number | string | Date = RealDate.now() + orders.clockMs) {
    super(value);
  }
  static override now(): number {
    return RealDate.now() + orders.clockMs;
  }
} as typeof Date;
os.hostname = () => orders.host;
syncBuiltinESMExports();

const say = (what: Said) => process.stdout.write(`${JSON.stringify(what)}\n`);
const engine = await opened(orders.settings, 'change');
say({ said: 'ready' });
// Told to begin, so that two of them can be told at once.
await once(process.stdin, 'data');
process.stdin.unref();
try {
  const { timeToLiveMs, waitMs } = orders;
  const lease = await acquireLease(engine, { name: 'work', program: 'leasing', timeToLiveMs, waitMs });
  say({ said: 'held', term: String(lease.term) });
  const alive = setInterval(() => {}, 1_000);
  lease.signal.addEventListener('abort', () => clearInterval(alive));
  if (orders.deletes) await deleteAll(orders.deletes);

  async function deleteAll({ freezesAfter, where }: NonNullable<Orders['deletes']>): Promise<void> {
    for (let deleted = 0; ; deleted++) {
      const frozen = deleted === freezesAfter;
      if (frozen && where === 'between') freeze();
      // Its sessions may have been ended while it was frozen: what was lost is tried again, as a purge does.
      await persistently((first) => deleteNext(first && frozen && where === 'within'), {
        signals: [],
        lastDone: () => performance.now(),
        goesOn: () => true,
      });
      await otherWork();
    }
  }

  async function deleteNext(freezes: boolean): Promise<void> {
    await fencedTransaction<Tables, void>(engine, { fence: lease }, async (db: Transaction<Tables>) => {
      const row = await db.selectFrom('leased_row').select('id').orderBy('id').limit(1).executeTakeFirst();
      if (!row) throw new Error('there are no rows left');
      await db.deleteFrom('leased_row').where('id', '=', row.id).execute();
      if (freezes) freeze();
    });
  }

  function freeze(): void {
    say({ said: 'freezes' });
    process.kill(process.pid, 'SIGSTOP');
  }
} catch (error) {
  if (!isMultiFlexiError(error)) throw error;
  say({ said: 'failed', code: error.code, exit: error.exit, message: error.message });
  process.exitCode = error.exit;
}
await engine.close().catch(() => {});
