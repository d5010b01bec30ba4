/** All commands, with the file that is loaded when one is called: a command costs nothing to the others. */
import type { CliCommand } from './command.ts';

export interface CatalogueEntry {
  readonly summary: string;
  load(): Promise<CliCommand>;
}

export const COMMANDS: ReadonlyMap<string, CatalogueEntry> = new Map(
  Object.entries<CatalogueEntry>({
    status: {
      summary: 'show on one screen whether the database is well',
      load: async () => (await import('./commands/status.ts')).status,
    },
    'status:dismiss': {
      summary: 'accept a finding of status',
      load: async () => (await import('./commands/status.ts')).statusDismiss,
    },
    'status:restore': {
      summary: 'show an accepted finding as a fault again',
      load: async () => (await import('./commands/status.ts')).statusRestore,
    },
    'db:status': {
      summary: 'show which migrations are applied and which are pending',
      load: async () => (await import('./commands/db-status.ts')).dbStatus,
    },
    'db:migrate': {
      summary: 'apply pending migrations',
      load: async () => (await import('./commands/db-migrate.ts')).dbMigrate,
    },
    'db:rollback': {
      summary: 'revert migrations',
      load: async () => (await import('./commands/db-rollback.ts')).dbRollback,
    },
    'db:restore-rollback': {
      summary: 'restore what a rollback destroyed',
      load: async () => (await import('./commands/db-restore-rollback.ts')).dbRestoreRollback,
    },
    'db:verify': {
      summary: 'compare the live schema with the migrations',
      load: async () => (await import('./commands/db-verify.ts')).dbVerify,
    },
    'db:check': {
      summary: 'find what is wrong with the database, and what fixes it',
      load: async () => (await import('./commands/db-check.ts')).dbCheck,
    },
    'db:digest': {
      summary: 'counts and digests of tables; compare with another database',
      load: async () => (await import('./commands/db-digest.ts')).dbDigest,
    },
    'db:switch': {
      summary: 'change to another database, of the same kind or another',
      load: async () => (await import('./commands/db-switch.ts')).dbSwitch,
    },
    'db:breakpoint': {
      summary: 'set or remove a breakpoint, at which rollbacks stop',
      load: async () => (await import('./commands/db-breakpoint.ts')).dbBreakpoint,
    },
    'db:size': {
      summary: 'show how big the database and its tables are',
      load: async () => (await import('./commands/db-size.ts')).dbSize,
    },
    'db:reclaim': {
      summary: 'return free space to the disk',
      load: async () => (await import('./commands/db-reclaim.ts')).dbReclaim,
    },
    'db:analyze': {
      summary: "make the query planner's statistics anew",
      load: async () => (await import('./commands/db-analyze.ts')).dbAnalyze,
    },
    'db:vacuum': {
      summary: 'make the space of deleted rows usable again',
      load: async () => (await import('./commands/db-vacuum.ts')).dbVacuum,
    },
    'db:optimize': {
      summary: 'rebuild tables, so that their free space goes back to the disk',
      load: async () => (await import('./commands/db-optimize.ts')).dbOptimize,
    },
    prune: {
      summary: 'delete old log entries and finished jobs',
      load: async () => (await import('./commands/prune.ts')).prune,
    },
    'retention:list': {
      summary: 'list policies and holds',
      load: async () => (await import('./commands/retention-policies.ts')).retentionList,
    },
    'retention:set': {
      summary: 'create or change a policy',
      load: async () => (await import('./commands/retention-policies.ts')).retentionSet,
    },
    'retention:remove': {
      summary: 'remove a policy',
      load: async () => (await import('./commands/retention-policies.ts')).retentionRemove,
    },
    'retention:plan': {
      summary: 'count what the policies would delete',
      load: async () => (await import('./commands/retention-run.ts')).retentionPlan,
    },
    'retention:run': {
      summary: 'delete what the policies say',
      load: async () => (await import('./commands/retention-run.ts')).retentionRun,
    },
    'retention:hold': {
      summary: "hold a job, a run template's jobs or a company's rows",
      load: async () => (await import('./commands/retention-holds.ts')).retentionHold,
    },
    'retention:release': {
      summary: 'release a hold',
      load: async () => (await import('./commands/retention-holds.ts')).retentionRelease,
    },
    'retention:explain': {
      summary: 'explain why a job is kept or will be deleted',
      load: async () => (await import('./commands/retention-holds.ts')).retentionExplain,
    },
    'archive:list': {
      summary: 'list archives',
      load: async () => (await import('./commands/archive-list.ts')).archiveList,
    },
    'archive:show': {
      summary: 'show what an archive contains',
      load: async () => (await import('./commands/archive-show.ts')).archiveShow,
    },
    'archive:verify': {
      summary: 'verify archives, row by row',
      load: async () => (await import('./commands/archive-verify.ts')).archiveVerify,
    },
    'archive:restore': {
      summary: 'restore archived rows',
      load: async () => (await import('./commands/archive-restore.ts')).archiveRestore,
    },
    'archive:remove': {
      summary: 'remove archives',
      load: async () => (await import('./commands/archive-remove.ts')).archiveRemove,
    },
    export: {
      summary: 'write the database, or a part of it, to a file or as JSON',
      load: async () => (await import('./commands/export.ts')).exportCommand,
    },
    import: {
      summary: 'load an export into an empty database',
      load: async () => (await import('./commands/import.ts')).importCommand,
    },
    'housekeeper:run': {
      summary: 'do what has to be done routinely',
      load: async () => (await import('./commands/housekeeper-run.ts')).housekeeperRun,
    },
    'housekeeper:status': {
      summary: 'show whether the housekeeper does its work',
      load: async () => (await import('./commands/housekeeper-status.ts')).housekeeperStatusCommand,
    },
    'housekeeper:history': {
      summary: 'show what the housekeeper has done',
      load: async () => (await import('./commands/housekeeper-status.ts')).housekeeperHistory,
    },
    'housekeeper:duties': {
      summary: "list the housekeeper's duties",
      load: async () => (await import('./commands/housekeeper-status.ts')).housekeeperDuties,
    },
    'settings:write': {
      summary: 'write DB_* settings into a settings file',
      load: async () => (await import('./commands/settings-write.ts')).settingsWrite,
    },
    console: {
      summary: 'serve the console to a browser on this machine',
      load: async () => (await import('./commands/console.ts')).consoleCommand,
    },
    'token:create': {
      summary: 'create a token for the console of the service',
      load: async () => (await import('./commands/tokens.ts')).tokenCreate,
    },
    'token:list': {
      summary: 'list the tokens of the console',
      load: async () => (await import('./commands/tokens.ts')).tokenList,
    },
    'token:revoke': {
      summary: 'revoke a token of the console',
      load: async () => (await import('./commands/tokens.ts')).tokenRevoke,
    },
    'sample:load': {
      summary: 'fill a database with a sample history, to try things out',
      load: async () => (await import('./commands/sample-load.ts')).sampleLoad,
    },
    tour: {
      summary: 'demonstrate the program on an embedded database',
      load: async () => (await import('./commands/tour.ts')).tour,
    },
  }),
);
