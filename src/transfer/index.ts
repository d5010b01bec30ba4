/** The front door of the transfer: data that is written to files and read back, with digests that prove it arrived. */
export {
  applyRestore,
  planRestore,
  type RestoredPart,
  type RestoreOptions,
  type RestorePlan,
} from './restore-rollback.ts';
export { type BackupOptions, backUpLosses, type RollbackBackup } from './rollback-backup.ts';
