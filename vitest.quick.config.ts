import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** `npm run test:sqlite`: what is quick on SQLite, for the loop of writing. All the rest is in `npm test`. */
export default mergeConfig(
  config,
  defineConfig({
    test: {
      exclude: [
        ...configDefaults.exclude,
        // Whole processes, the page, and what runs tools.
        'tests/{process,page,php-edition,packages,packaging}/**',
        'tests/{doors,new-migration}.test.ts',
        // Processes that are killed or cut off, other users, full disks, servers of their own, waits for locks.
        'tests/{migrations,cleanup,maintenance,transfer}/{gentle,killed-*,losses,full-disk-*,lag-*,galera,reclaim-*}.test.ts',
        'tests/cleanup/{identity,settle,many-owners,cut-archive,locked-rows}.test.ts',
        'tests/conformance/{locks,lock-users,temporary-disk}.test.ts',
        'tests/housekeeper/{week,processes,restart,server-stopped,frozen}.test.ts',
        'tests/leases/{lease,processes,galera,group-replication}.test.ts',
        // Consoles, and threads that begin again and again.
        'tests/{web,server}/**',
        'tests/transfer/summing-thread.test.ts',
        // Histories that take long to make.
        'tests/cleanup/{foreign-rows,restorable,may-delete}.test.ts',
        'tests/duties/{counters,orphans}.test.ts',
        'tests/migrations/lost-ledger.test.ts',
        'src/sample/sample.test.ts',
        'tests/tasks/export.test.ts',
        // Every byte of a file changed or cut off in turn, and values of every size.
        'src/transfer/row-stream/{encryption,batches,pieces}.test.ts',
      ],
      // Properties are tried a fifth as often: see tests/harness/tries.ts.
      env: { MULTIFLEXI_TEST_QUICK: '1' },
      // A quarter of the time would be importing the same sources for each file.
      isolate: false,
      // Half of the time is waiting for locks and clocks.
      maxWorkers: 4,
    },
  }),
);
