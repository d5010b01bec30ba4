/** The schemas of all documents, for tests and the documentation; no command loads them. */
export { ARCHIVE, ARCHIVES, FINDINGS, REMOVAL } from './archives.schema.ts';
export { CHECK } from './check.schema.ts';
export { CONSOLE } from './console.schema.ts';
export { COMPARISON, DIGESTS } from './digests.schema.ts';
export { EXPORTED, PLANNED_EXPORT } from './exports.schema.ts';
export { FAILURE } from './failure.schema.ts';
export { CYCLE, DUTIES, HOUSEKEEPER_HISTORY, HOUSEKEEPER_STATUS } from './housekeeper.schema.ts';
export { IMPORTED, PLANNED_IMPORT } from './imports.schema.ts';
export { BREAKPOINTS, MIGRATIONS, PLANNED_MIGRATIONS, STATUS } from './migrations.schema.ts';
export { DISMISSED, OVERVIEW, UNDISMISSED } from './overview.schema.ts';
export { PLANNED_PURGE, PURGED } from './purge.schema.ts';
export {
  ARCHIVE_RESTORED,
  PLANNED_ARCHIVE_RESTORE,
  PLANNED_ROLLBACK_RESTORE,
  ROLLBACK_RESTORED,
} from './restores.schema.ts';
export {
  EXPLANATION,
  HOLD,
  HOLD_RELEASED,
  POLICY_REMOVED,
  POLICY_SET,
  RETENTION,
} from './retention.schema.ts';
export { SAMPLE } from './sample.schema.ts';
export { SETTINGS_WRITTEN } from './settings.schema.ts';
export { SIZE } from './size.schema.ts';
export { PLANNED_RECLAIM, RECLAIMED } from './space.schema.ts';
export { PLANNED_SWITCH, SWITCH_STATE, SWITCHED } from './switch.schema.ts';
export { TOKEN_CREATED, TOKEN_REVOKED, TOKENS } from './tokens.schema.ts';
export {
  ANALYZED,
  OPTIMIZED,
  PLANNED_ANALYZE,
  PLANNED_OPTIMIZE,
  PLANNED_VACUUM,
  VACUUMED,
} from './upkeep.schema.ts';
export { VERIFICATION } from './verification.schema.ts';
