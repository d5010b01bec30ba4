/** The front door of the documents: the JSON form of every plan and result, once. Their schemas stand beside them. */
export { archiveDocument, archivesDocument, findingsDocument, removalDocument } from './archives.ts';
export { checkDocument } from './check.ts';
export { consoleDocument } from './console.ts';
export { comparisonDocument, digestsDocument } from './digests.ts';
export { exportDocument, plannedExportDocument } from './exports.ts';
export { failureDocument, type NextStepWriter } from './failure.ts';
export {
  cycleDocument,
  dutiesDocument,
  housekeeperHistoryDocument,
  housekeeperStatusDocument,
} from './housekeeper.ts';
export { importDocument, plannedImportDocument } from './imports.ts';
export { type Json, jsonText } from './json.ts';
export {
  breakpointsDocument,
  migrationsDocument,
  plannedMigrationsDocument,
  statusDocument,
} from './migrations.ts';
export { dismissedDocument, overviewDocument, undismissedDocument } from './overview.ts';
export { plannedPurgeDocument, purgeDocument } from './purge.ts';
export {
  archiveRestoreDocument,
  plannedArchiveRestoreDocument,
  plannedRollbackRestoreDocument,
  rollbackRestoreDocument,
} from './restores.ts';
export {
  explanationDocument,
  holdDocument,
  holdReleasedDocument,
  policyRemovedDocument,
  policySetDocument,
  retentionDocument,
} from './retention.ts';
export { sampleDocument } from './sample.ts';
export { writtenSettingsDocument } from './settings.ts';
export { sizeDocument } from './size.ts';
export { plannedReclaimDocument, reclaimDocument } from './space.ts';
export { plannedSwitchDocument, switchDocument, switchStateDocument } from './switch.ts';
export { tokenCreatedDocument, tokenRevokedDocument, tokensDocument } from './tokens.ts';
export {
  analyzeDocument,
  optimizeDocument,
  plannedAnalyzeDocument,
  plannedOptimizeDocument,
  plannedVacuumDocument,
  vacuumDocument,
} from './upkeep.ts';
export { verificationDocument } from './verification.ts';
