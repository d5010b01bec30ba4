/** No owner waits for the backlog of another one, no row is read twice or passed over, and few rows are few transactions. */
import { setImmediate as answered } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ChunkQueue } from './chunk-queue.ts';
import type { Chunk, ChunkCursor } from './walks.ts';

const prepared = async () => {};

/** An owner with so many jobs, numbered from here on. */
function owner(
  from: number,
  jobs: number,
  { table = 'job', archive = false }: Partial<Chunk> = {},
): ChunkCursor {
  let next = from;
  return async (limit) => {
    const first = next;
    const ids = Array.from({ length: Math.min(limit, from + jobs - first) }, (_, n) => BigInt(first + n));
    // As a database does: who asks before it has answered gets the same rows.
    await answered();
    next = first + ids.length;
    return ids.length === 0 ? undefined : { table, ids, archive };
  };
}

async function all(queue: ChunkQueue): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for (;;) {
    const chunk = await queue.next(prepared);
    if (!chunk) return chunks;
    chunks.push(chunk);
  }
}

async function firstIds(queue: ChunkQueue): Promise<number[]> {
  return (await all(queue)).map(({ ids }) => Number(ids[0]));
}

function sorted(chunks: readonly Chunk[]): bigint[] {
  return chunks.flatMap(({ ids }) => ids).sort((a, b) => (a < b ? -1 : 1));
}

function numbers(from: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, n) => BigInt(from + n));
}

test('an owner with very many rows does not keep the others waiting', async () => {
  const queue = new ChunkQueue([owner(1_000, 200), owner(2_000, 60), owner(3_000, 10)]);
  expect(await firstIds(queue)).toEqual([1_000, 2_000, 3_000, 2_050, 1_130, 1_180]);
});

test('a few rows of each of many owners are as few chunks as if they were one owner’s', async () => {
  const owners = Array.from({ length: 40 }, (_, n) => owner(n * 100, 5));
  const chunks = await all(new ChunkQueue(owners));
  expect(chunks.map(({ ids }) => ids.length)).toEqual([50, 50, 50, 50]);
  expect(sorted(chunks)).toEqual(Array.from({ length: 40 }, (_, n) => numbers(n * 100, 5)).flat());
});

test('rows of different tables, and those that are archived, are never in one chunk with others', async () => {
  const kinds = [{}, { archive: true }, { table: 'logger' as const }, {}, { archive: true }];
  const chunks = await all(new ChunkQueue(kinds.map((kind, n) => owner(n * 100, 7, kind))));
  expect(chunks.map(({ table, archive, ids }) => [table, archive, ids.length])).toEqual([
    ['job', false, 7],
    ['job', true, 7],
    ['logger', false, 7],
    ['job', false, 7],
    ['job', true, 7],
  ]);
  expect(sorted(chunks)).toEqual(kinds.flatMap((_, n) => numbers(n * 100, 7)));
});

test('what is read when another owner cannot be, or when chunks have become smaller, is given out later', async () => {
  let lost = true;
  const queue = new ChunkQueue([
    owner(1_000, 30),
    async () => {
      if (!lost) return undefined;
      lost = false;
      throw new Error('the connection is lost');
    },
  ]);
  await expect(queue.next(prepared)).rejects.toThrow('lost');
  queue.chunkSize.halve();
  queue.chunkSize.halve();
  const chunks = await all(queue);
  expect(chunks.map(({ ids }) => ids.length)).toEqual([12, 12, 6]);
  expect(sorted(chunks)).toEqual(numbers(1_000, 30));
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
