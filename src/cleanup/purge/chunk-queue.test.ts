/** No owner waits for the backlog of another one, no row is read twice, and a chunk that failed is not passed over. */
import { setImmediate as answered } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ChunkQueue } from './chunk-queue.ts';
import type { ChunkCursor } from './walks.ts';

const prepared = async () => {};

/** An owner with so many jobs, numbered from here on. */
function owner(from: number, jobs: number): ChunkCursor {
  let next = from;
  return async (limit) => {
    const first = next;
    const ids = Array.from({ length: Math.min(limit, from + jobs - first) }, (_, n) => BigInt(first + n));
    // As a database does: who asks before it has answered gets the same rows.
    await answered();
    next = first + ids.length;
    return ids.length === 0 ? undefined : { table: 'job', ids, archive: false };
  };
}

async function firstIds(queue: ChunkQueue): Promise<number[]> {
  const ids: number[] = [];
  for (;;) {
    const chunk = await queue.next(prepared);
    if (!chunk) return ids;
    ids.push(Number(chunk.ids[0]));
  }
}

test('an owner with very many rows does not keep the others waiting', async () => {
  const queue = new ChunkQueue([owner(1_000, 200), owner(2_000, 60), owner(3_000, 10)]);
  expect(await firstIds(queue)).toEqual([1_000, 2_000, 3_000, 1_050, 2_050, 1_100, 1_150]);
});

test('two workers that ask at once get different rows', async () => {
  const queue = new ChunkQueue([owner(1, 100)]);
  const [one, other] = await Promise.all([queue.next(prepared), queue.next(prepared)]);
  expect([one?.ids[0], other?.ids[0]]).toEqual([1n, 51n]);
});

test('an owner whose rows could not be read is asked again, and the others keep their turns', async () => {
  const whole = owner(1_000, 50);
  let lost = true;
  const queue = new ChunkQueue([
    async (limit) => {
      if (!lost) return whole(limit);
      lost = false;
      throw new Error('the connection is lost');
    },
    owner(2_000, 50),
  ]);
  await expect(queue.next(prepared)).rejects.toThrow('lost');
  expect(await firstIds(queue)).toEqual([1_000, 2_000]);
});

test('jobs that take many rows along are fewer in the next chunk', async () => {
  const queue = new ChunkQueue([owner(1, 10_000)]);
  const chunk = await queue.next(prepared);
  if (!chunk) throw new Error('there is a chunk');
  // Each of them with nine others, in exactly the time that a chunk may take.
  queue.note(chunk, chunk.ids.length * 10, 100, { chunkMs: 100, rest: 1 });
  expect((await queue.next(prepared))?.ids).toHaveLength(10);
});
