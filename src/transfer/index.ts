/** The front door of the transfer: data that is written to files and read back, with digests that verify it. */

export { type ComparedTable, compareTable, type DifferentRange } from './digest/compare-tables.ts';
export { digestTables, type TableDigest } from './digest/digest-tables.ts';
export {
  atOnce,
  largestId,
  ofOneMoment,
  type Portion,
  type Side,
  sumOf,
} from './digest/portions.ts';
export {
  inSharedMoment,
  takesDigests,
  whileNobodyWrites,
  withSummingThread,
} from './digest/threads/summing-thread.ts';
export { applyExport, type ExportOptions, type ExportResult } from './export/export.ts';
export {
  type ExportForm,
  type ExportPlan,
  type ExportRequest,
  formOf,
  type PlannedExportTable,
  planExport,
} from './export/plan.ts';
export type { ExportedTable } from './export/reading.ts';
export type { TextSink } from './export/text-sink.ts';
export { TextStream } from './export/text-stream.ts';
export type { ExportFile, ExportSource, TableSum } from './import/export-file.ts';
export { importUndone } from './import/failures.ts';
export {
  continueNextIds,
  emptyTables,
  type LoadOptions,
  loadExport,
  requireLoaded,
} from './import/load-export.ts';
export { type ImportMark, noteVerified, removeMark, setMark } from './import/mark.ts';
export { openExport } from './import/open-export.ts';
export { SpooledInput, STANDARD_INPUT } from './import/spooled-input.ts';
export { type ImportTarget, inspectTarget } from './import/target.ts';
export { type VerifiedExport, verifyExport } from './import/verify-export.ts';
export {
  applyRestore,
  planRestore,
  type RestoredPart,
  type RestoreOptions,
  type RestorePlan,
} from './rollback/restore-rollback.ts';
export { type BackupOptions, backUpLosses, type RollbackBackup } from './rollback/rollback-backup.ts';
export type { Chunk } from './row-stream/chunk-reader.ts';
export { Passphrase, type StreamKey } from './row-stream/encryption.ts';
export {
  FORMAT,
  FORMAT_VERSION,
  type Manifest,
  PIECED_VERSION,
  type RowStreamHeader,
  type RowStreamTable,
  SOURCE,
  type Source,
} from './row-stream/format.ts';
export { RowStreamReader } from './row-stream/reader.ts';
export { settleRowStream } from './row-stream/settle.ts';
export { RowStreamWriter } from './row-stream/writer.ts';
export { completeTables } from './rows/bare-tables.ts';
export { requireFaithful } from './rows/faithful.ts';
export { LinePages } from './rows/line-pages.ts';
export { fillLater, type LoadingOptions, loadRows } from './rows/load-rows.ts';
export { ourTables } from './rows/our-tables.ts';
export { type KeyRange, readRows } from './rows/read-rows.ts';
export {
  isPieced,
  Restorable,
  rehearseRow,
  requireSize,
} from './rows/restorable.ts';
export { type Conflict, RestoreTarget } from './rows/restore-target.ts';
export { type RestoredRows, type RestoringOptions, RowRestorer } from './rows/row-restorer.ts';
export { selection, storedRow } from './rows/stored-rows.ts';
export {
  type AdaptedTable,
  adaptedTo,
  requireSavable,
  streamTableOf,
  writableTables,
} from './rows/stream-table.ts';
export { firstLine, writeRows, writeText } from './rows/write-rows.ts';
export { isSameDatabase, isSameInstallation, sourceOf, sourceWords } from './source.ts';
export {
  cannotSwitch,
  copyDiffers,
  correction,
  noSettingsFile,
  nothingToReturnTo,
  sameDatabase,
  stopOverdue,
  stopTooLong,
} from './switch/failures.ts';
export {
  type Journal,
  type JournalDatabase,
  newJournal,
  readJournal,
  settingsToReturnBy,
  writeJournal,
} from './switch/journal.ts';
export { countsAs, readingMsOf } from './switch/look-at-target.ts';
export { type MovedTable, movedTables } from './switch/moved-tables.ts';
export { isUnchanged, makeSame, type Pass } from './switch/pass.ts';
export type { Known } from './switch/pass-request.ts';
export { continueIds, type Receipt, receiptOf, verifySame } from './switch/receipt.ts';
export { findUnholdable, type Unholdable } from './switch/unholdable.ts';
