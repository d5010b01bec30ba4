/** All commands, with the file that is loaded when one is called: a command costs nothing to the others. */
import type { CliCommand } from './command.ts';

export interface CatalogueEntry {
  readonly summary: string;
  load(): Promise<CliCommand>;
}

export const COMMANDS: ReadonlyMap<string, CatalogueEntry> = new Map<string, CatalogueEntry>([
  [
    'db:status',
    {
      summary: 'show which migrations are applied and which are pending',
      load: async () => (await import('./commands/db-status.ts')).dbStatus,
    },
  ],
  [
    'db:migrate',
    {
      summary: 'apply pending migrations',
      load: async () => (await import('./commands/db-migrate.ts')).dbMigrate,
    },
  ],
  [
    'db:rollback',
    {
      summary: 'revert applied migrations',
      load: async () => (await import('./commands/db-rollback.ts')).dbRollback,
    },
  ],
  [
    'db:restore-rollback',
    {
      summary: 'put back what a rollback destroyed',
      load: async () => (await import('./commands/db-restore-rollback.ts')).dbRestoreRollback,
    },
  ],
  [
    'db:verify',
    {
      summary: 'compare the live schema with the one that the migrations make',
      load: async () => (await import('./commands/db-verify.ts')).dbVerify,
    },
  ],
  [
    'db:breakpoint',
    {
      summary: 'set or remove a breakpoint that rollbacks stop at',
      load: async () => (await import('./commands/db-breakpoint.ts')).dbBreakpoint,
    },
  ],
  [
    'db:size',
    {
      summary: 'show how big the database and its tables are',
      load: async () => (await import('./commands/db-size.ts')).dbSize,
    },
  ],
  [
    'db:reclaim',
    {
      summary: 'give free space back to the disk',
      load: async () => (await import('./commands/db-reclaim.ts')).dbReclaim,
    },
  ],
  [
    'prune',
    {
      summary: 'delete old log entries and finished jobs',
      load: async () => (await import('./commands/prune.ts')).prune,
    },
  ],
  [
    'retention:list',
    {
      summary: 'show policies and holds',
      load: async () => (await import('./commands/retention-policies.ts')).retentionList,
    },
  ],
  [
    'retention:set',
    {
      summary: 'make or change a policy',
      load: async () => (await import('./commands/retention-policies.ts')).retentionSet,
    },
  ],
  [
    'retention:remove',
    {
      summary: 'remove a policy',
      load: async () => (await import('./commands/retention-policies.ts')).retentionRemove,
    },
  ],
  [
    'retention:plan',
    {
      summary: 'count what the policies would delete',
      load: async () => (await import('./commands/retention-run.ts')).retentionPlan,
    },
  ],
  [
    'retention:run',
    {
      summary: 'delete what the policies say',
      load: async () => (await import('./commands/retention-run.ts')).retentionRun,
    },
  ],
  [
    'retention:hold',
    {
      summary: 'keep something from being deleted',
      load: async () => (await import('./commands/retention-holds.ts')).retentionHold,
    },
  ],
  [
    'retention:release',
    {
      summary: 'lift a hold',
      load: async () => (await import('./commands/retention-holds.ts')).retentionRelease,
    },
  ],
  [
    'retention:explain',
    {
      summary: 'say why a job stays or goes',
      load: async () => (await import('./commands/retention-holds.ts')).retentionExplain,
    },
  ],
  [
    'archive:list',
    {
      summary: 'show the archives of what was deleted',
      load: async () => (await import('./commands/archive.ts')).archiveList,
    },
  ],
  [
    'archive:show',
    {
      summary: 'say what an archive holds',
      load: async () => (await import('./commands/archive.ts')).archiveShow,
    },
  ],
  [
    'archive:verify',
    {
      summary: 'prove archives, row by row',
      load: async () => (await import('./commands/archive.ts')).archiveVerify,
    },
  ],
  [
    'archive:restore',
    {
      summary: 'put archived rows back',
      load: async () => (await import('./commands/archive-restore.ts')).archiveRestore,
    },
  ],
  [
    'archive:remove',
    {
      summary: 'remove archives',
      load: async () => (await import('./commands/archive.ts')).archiveRemove,
    },
  ],
  [
    'sample:load',
    {
      summary: 'fill a database with a sample history, to try things on',
      load: async () => (await import('./commands/sample-load.ts')).sampleLoad,
    },
  ],
  [
    'tour',
    {
      summary: 'show what this program does, on an embedded database',
      load: async () => (await import('./commands/tour.ts')).tour,
    },
  ],
]);
