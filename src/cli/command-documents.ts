/** Which documents each command prints with `-f json`: for tests and docs/json.md; no command loads it. */
import type { ZodType } from 'zod';
import * as documents from '../documents/schemas.ts';

export interface CommandDocument {
  /** When it is printed, where a command has several. */
  readonly when: string;
  readonly schema: ZodType;
}

const result = (schema: ZodType): CommandDocument => ({ when: 'result', schema });
const dryRun = (schema: ZodType): CommandDocument => ({ when: 'with --dry-run', schema });
const purges = [dryRun(documents.PLANNED_PURGE), result(documents.PURGED)];

/** By the command's name, in the order of the catalogue. */
export const COMMAND_DOCUMENTS: ReadonlyMap<string, readonly CommandDocument[]> = new Map([
  ['status', [result(documents.OVERVIEW)]],
  ['status:dismiss', [result(documents.DISMISSED)]],
  ['status:restore', [result(documents.UNDISMISSED)]],
  ['db:status', [result(documents.STATUS)]],
  ['db:migrate', [dryRun(documents.PLANNED_MIGRATIONS), result(documents.MIGRATIONS)]],
  ['db:rollback', [dryRun(documents.PLANNED_MIGRATIONS), result(documents.MIGRATIONS)]],
  ['db:restore-rollback', [dryRun(documents.PLANNED_ROLLBACK_RESTORE), result(documents.ROLLBACK_RESTORED)]],
  ['db:verify', [result(documents.VERIFICATION)]],
  ['db:check', [result(documents.CHECK)]],
  [
    'db:digest',
    [result(documents.DIGESTS), { when: 'with --compare or --compare-env', schema: documents.COMPARISON }],
  ],
  ['db:switch', [dryRun(documents.PLANNED_SWITCH), result(documents.SWITCHED)]],
  ['db:breakpoint', [result(documents.BREAKPOINTS)]],
  ['db:size', [result(documents.SIZE)]],
  ['db:reclaim', [dryRun(documents.PLANNED_RECLAIM), result(documents.RECLAIMED)]],
  ['db:analyze', [dryRun(documents.PLANNED_ANALYZE), result(documents.ANALYZED)]],
  ['db:vacuum', [dryRun(documents.PLANNED_VACUUM), result(documents.VACUUMED)]],
  ['db:optimize', [dryRun(documents.PLANNED_OPTIMIZE), result(documents.OPTIMIZED)]],
  ['prune', purges],
  ['retention:list', [result(documents.RETENTION)]],
  ['retention:set', [result(documents.POLICY_SET)]],
  ['retention:remove', [result(documents.POLICY_REMOVED)]],
  ['retention:plan', [result(documents.PLANNED_PURGE)]],
  ['retention:run', purges],
  ['retention:hold', [result(documents.HOLD)]],
  ['retention:release', [result(documents.HOLD_RELEASED)]],
  ['retention:explain', [result(documents.EXPLANATION)]],
  ['archive:list', [result(documents.ARCHIVES)]],
  ['archive:show', [result(documents.ARCHIVE)]],
  ['archive:verify', [result(documents.FINDINGS)]],
  ['archive:restore', [dryRun(documents.PLANNED_ARCHIVE_RESTORE), result(documents.ARCHIVE_RESTORED)]],
  ['archive:remove', [result(documents.REMOVAL)]],
  ['export', [dryRun(documents.PLANNED_EXPORT), result(documents.EXPORTED)]],
  ['import', [dryRun(documents.PLANNED_IMPORT), result(documents.IMPORTED)]],
  ['housekeeper:run', [result(documents.CYCLE)]],
  ['housekeeper:status', [result(documents.HOUSEKEEPER_STATUS)]],
  ['housekeeper:history', [result(documents.HOUSEKEEPER_HISTORY)]],
  ['housekeeper:duties', [result(documents.DUTIES)]],
  ['settings:write', [result(documents.SETTINGS_WRITTEN)]],
  ['console', [{ when: 'as soon as it answers', schema: documents.CONSOLE }]],
  ['token:create', [result(documents.TOKEN_CREATED)]],
  ['token:list', [result(documents.TOKENS)]],
  ['token:revoke', [result(documents.TOKEN_REVOKED)]],
  ['sample:load', [result(documents.SAMPLE)]],
]);

export { FAILURE } from '../documents/schemas.ts';
