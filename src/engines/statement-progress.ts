/** Looks how far a long statement is while another connection works on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatementProgress } from './contract/upkeep.ts';

const LOOK_MS = 500;

/** @param look what it throws, as without a privilege, is no progress @param tell undefined where nobody listens */
export async function whileWatched<T>(
  work: () => Promise<T>,
  look: () => Promise<StatementProgress | null>,
  tell: ((progress: StatementProgress) => void) | undefined,
): Promise<T> {
  if (!tell) return work();
  const ended = new AbortController();
  void watch(look, tell, ended.signal);
  try {
    return await work();
  } finally {
    ended.abort();
  }
}

async function watch(
  look: () => Promise<StatementProgress | null>,
  tell: (progress: StatementProgress) => void,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    await sleep(LOOK_MS, undefined, { signal: ended, ref: false }).catch(() => {});
    if (ended.aborted) return;
    const seen = await look().catch(() => null);
    if (!ended.aborted) tell(seen ?? UNSEEN);
  }
}

const UNSEEN: StatementProgress = { phase: 'working', share: null };
