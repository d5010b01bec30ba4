/**
 * Telling a session of our own from one that a pooler lends to many clients, statement by statement or transaction by
 * transaction. On such a one a lock belongs to nobody, and settings come and go.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedSession } from './failures.ts';
import type { Place } from './place.ts';
import type { SessionFacts } from './session.ts';

/** Which session answers now, and the mark that is found there. */
export type WhoAnswers = () => Promise<{ readonly id: string; readonly mark: string | null }>;

export interface Asked {
  readonly facts: SessionFacts;
  readonly whoAnswers: WhoAnswers;
}

/** Other clients take sessions in between: one round could miss it. */
const ROUNDS = 5;
/** A pooler that has no session left for a second client while the first one is idle has given it away for good. */
const NO_SESSION_LEFT_MS = 2_000;

/**
 * Two clients that take turns see the same session, or another one than before, where sessions are shared; and the mark
 * that each of them has left is gone or the other's.
 * @param second another client's connection, set up as well; may be waited for in vain
 * @throws SESSION_SHARED
 */
export async function requireOwnSession(place: Place, first: Asked, second: Promise<Asked>): Promise<void> {
  // It may be refused when nobody waits for it any more.
  second.catch(() => {});
  const check = async (asked: Asked, others: readonly string[]) => {
    const { id, mark } = await asked.whoAnswers();
    if (id !== asked.facts.id || mark !== asked.facts.mark || others.includes(id)) throw sharedSession(place);
  };
  await check(first, []);
  const waiting = new AbortController();
  const other = await Promise.race([
    second,
    sleep(NO_SESSION_LEFT_MS, undefined, { signal: waiting.signal }).catch(() => undefined),
  ]).finally(() => waiting.abort());
  for (let round = 0; round < ROUNDS; round++) {
    await check(first, other ? [other.facts.id] : []);
    if (!other) return;
    await check(other, [first.facts.id]);
  }
}

/** @throws SESSION_SHARED unless it is the session's own answer */
export function requireSame(place: Place, facts: SessionFacts, id: unknown, mark: unknown): void {
  if (String(id) !== facts.id || mark !== facts.mark) throw sharedSession(place);
}
