/** The statements that an engine is asked by its typed queries, with their values, so that each can be explained. */
import { randomUUID } from 'node:crypto';
import type { CompiledQuery, Kysely } from 'kysely';
import type { Engine } from '../../src/engines/index.ts';

/** @param onAnswer waited for before an answer is given to who asked: what somebody else does in between */
export function asking<Tables>(
  engine: Engine,
  asked: CompiledQuery[],
  onAnswer: () => Promise<void> = async () => {},
): Kysely<Tables> {
  const plain = engine.kysely<Tables>();
  return plain.withPlugin({
    transformQuery: ({ node }) => {
      asked.push(plain.getExecutor().compileQuery(node, { queryId: randomUUID() }));
      return node;
    },
    transformResult: async ({ result }) => {
      await onAnswer();
      return result;
    },
  });
}
