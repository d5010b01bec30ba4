/** Who is connected, what has been open for long, and whether replicas and other nodes follow. */
import type { LockWait } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { step } from '../../next-step.ts';
import { seconds } from '../../written-numbers.ts';
import type { Found, Probe } from '../contract.ts';

const MINUTE_S = 60;
const HOUR_S = 3_600;
/** Beyond these shares of all connections. */
const CROWDED = 0.8;
const FULL = 0.95;
/** How far a replica may be behind, in seconds. */
const LAG_S = 60;

export const sessions: Probe = {
  id: 'sessions',
  look: async ({ engine }) => {
    const activity = await engine.activity();
    if (activity === null) return [];
    const { connections, oldest, longestWait } = activity;
    return [
      connections.visible
        ? connectionsOf(connections.seen)
        : hidden('connections', 'The connections', connections),
      oldest.visible ? oldestOf(oldest.seen) : hidden('transactions', 'The longest transaction', oldest),
      longestWait.visible
        ? waitOf(longestWait.seen)
        : hidden('lock-waits', 'The longest wait for a lock', longestWait),
    ];
  },
};

function connectionsOf({ used, limit }: { readonly used: number; readonly limit: number }): Found {
  const share = used / limit;
  const sentence = `${used} of ${limit} connections are in use.`;
  if (share < CROWDED) return { id: 'connections', level: 'ok', sentence, next: null };
  return {
    id: 'connections',
    level: share < FULL ? 'warn' : 'fail',
    sentence,
    next: step`Find out who leaves connections open, or raise max_connections.`,
    measure: used,
  };
}

function oldestOf(oldest: { readonly whose: string; readonly seconds: number } | null): Found {
  if (oldest === null || oldest.seconds < HOUR_S)
    return {
      id: 'transactions',
      level: 'ok',
      sentence: 'No transaction has been open for long.',
      next: null,
    };
  return {
    id: 'transactions',
    level: oldest.seconds > 24 * HOUR_S ? 'fail' : 'warn',
    sentence: `A transaction of ${oldest.whose} has been open for ${Math.floor(oldest.seconds / HOUR_S)} h.`,
    next: step`End it if nobody needs it: until then, old versions of rows cannot be cleaned up.`,
    measure: oldest.seconds,
  };
}

function waitOf(wait: LockWait | null): Found {
  if (wait === null || wait.seconds < MINUTE_S)
    return { id: 'lock-waits', level: 'ok', sentence: 'No session has waited long for a lock.', next: null };
  const holder = wait.holder === null ? '' : ` held by ${wait.holder}`;
  const waited =
    wait.seconds < HOUR_S
      ? `${Math.floor(wait.seconds / MINUTE_S)} min`
      : `${Math.floor(wait.seconds / HOUR_S)} h`;
  return {
    id: 'lock-waits',
    level: wait.seconds > HOUR_S ? 'fail' : 'warn',
    sentence: `${capitalized(wait.whose)} has waited ${waited} for a lock${holder}.`,
    next: step`End whoever holds the lock if nobody needs it: everybody behind it waits too.`,
    measure: wait.seconds,
  };
}

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function hidden(
  id: string,
  what: string,
  { why, remedy }: { readonly why: string; readonly remedy: string | null },
): Found {
  return {
    id,
    level: 'unknown',
    sentence: `${what} cannot be seen, ${why}.`,
    next: remedy === null ? null : step`${remedy} would show it.`,
  };
}

export const replicas: Probe = {
  id: 'replicas',
  look: async ({ engine }) => {
    const watch = await engine
      .watchReplicas({ replicas: [], onWarning: () => {} })
      .catch((error: unknown) => {
        // There is none, or this account may not see any: neither is a fault of the database.
        if (isMultiFlexiError(error, 'USAGE') || isMultiFlexiError(error, 'PERMISSION_DENIED'))
          return undefined;
        throw error;
      });
    if (!watch) return [];
    try {
      const { seconds: behind, whose, why } = await watch.lag();
      if (behind !== null && behind <= LAG_S)
        return [{ id: 'replicas', level: 'ok', sentence: `Replicas follow (${watch.what}).`, next: null }];
      return [
        {
          id: 'replicas',
          level: 'warn',
          sentence:
            behind === null
              ? `${whose} ${why ?? 'does not follow'}.`
              : `${whose} is ${seconds(behind * 1_000)} behind.`,
          next: step`Check the replica: what fails over to it would lose what it has not applied.`,
          measure: behind ?? 0,
        },
      ];
    } finally {
      await watch.close();
    }
  },
};

export const cluster: Probe = {
  id: 'cluster',
  look: async ({ engine }) => {
    const products = await engine.serverProducts();
    const found = products.map(
      ({ name, tested, remark }): Found => ({
        id: `product.${name}`,
        level: tested ? 'ok' : 'warn',
        sentence: tested
          ? `The server is ${name}.`
          : `The server is ${name}, with which this program is not tested. ${remark}`,
        next: tested ? null : step`Try what you do on a copy of the database first.`,
      }),
    );
    if (!(await engine.locksReachAllWriters()))
      found.push({
        id: 'cluster',
        level: 'ok',
        sentence: 'The server is a node of a cluster; work that must be alone is guarded by leases.',
        next: null,
      });
    return found;
  },
};
