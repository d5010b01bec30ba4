/** Who may follow a server, and what an engine says where nobody does; lags are measured in tests/cleanup/lag-*. */
import { expect } from 'vitest';
import type { Replication } from '../../src/engines/index.ts';
import { nextWords } from '../../src/next-step.ts';
import { describeRole } from '../harness/role.ts';

describeRole<Replication>('replication', {
  watchReplicas: async ({ engine, name }) => {
    const warnings: string[] = [];
    const watch = (replicas: readonly { host: string; port?: number }[]) =>
      engine.watchReplicas({ replicas, onWarning: (sentence) => warnings.push(sentence) });
    const refusal = (replicas: readonly { host: string; port?: number }[]) =>
      watch(replicas).then(
        async (watched) => {
          await watched.close();
          return { code: 'watched', next: '' };
        },
        (error: { code: string; nextStep: [] }) => ({ code: error.code, next: nextWords(error.nextStep) }),
      );
    const nobody = await refusal([]);
    const named = await refusal([{ host: '127.0.0.1', port: 1 }]);
    if (name === 'sqlite') {
      expect(nobody).toEqual({ code: 'USAGE', next: 'Leave out max-lag.' });
      expect(named).toEqual(nobody);
    } else if (name === 'postgresql') {
      expect(nobody.code).toBe('watched');
      expect(warnings).toContainEqual(expect.stringMatching(/^No standby is connected/));
      expect(named).toEqual({ code: 'USAGE', next: 'Leave out replica and DB_REPLICAS.' });
      const watched = await watch([]);
      expect(await watched.lag()).toEqual({ seconds: 0, whose: 'no standby', why: null });
      await watched.close();
    } else {
      expect(nobody).toEqual({
        code: 'USAGE',
        next: 'Specify them with replica HOST[:PORT] or DB_REPLICAS, or leave out max-lag.',
      });
      // A server that writes no binary log has no replicas at all.
      expect(['SERVER_UNREACHABLE', 'USAGE']).toContain(named.code);
    }
  },
});
