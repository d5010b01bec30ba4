/** The front door of the transfer: data that is written to files and read back, with digests that prove it arrived. */
export { requireFaithful } from './faithful.ts';
export { PutBack } from './put-back.ts';
export {
  applyRestore,
  planRestore,
  type RestoredPart,
  type RestoreOptions,
  type RestorePlan,
} from './restore-rollback.ts';
export { type BackupOptions, backUpLosses, type RollbackBackup } from './rollback-backup.ts';
export { type RestoredRows, RowRestorer } from './row-restorer.ts';
export { Passphrase, type StreamKey } from './row-stream/encryption.ts';
export {
  FORMAT,
  FORMAT_VERSION,
  type Manifest,
  type RowStreamHeader,
  type RowStreamTable,
} from './row-stream/format.ts';
export { type Chunk, RowStreamReader } from './row-stream/reader.ts';
export { settleRowStream } from './row-stream/settle.ts';
export { RowStreamWriter } from './row-stream/writer.ts';
export { requireSavable, requireTable, streamTableOf } from './stream-table.ts';
