/** All routes, named as the commands of the terminal. What each does is in `work/`. */
import type { Route } from './contract.ts';
import { routeName } from './contract.ts';
import * as inputs from './inputs.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

type Given = Pick<Route, 'summary' | 'input' | 'document'> &
  Partial<Pick<Route, 'timeoutMs' | 'freshMs' | 'scope' | 'changesDatabase' | 'readsAll'>>;

function panel(command: string, given: Given): Route {
  const bounds = { timeoutMs: 5 * SECOND, freshMs: 5 * SECOND };
  return { ...bounds, command, method: 'GET', kind: 'panel', scope: 'read', ...given };
}

function plan(command: string, given: Given): Route {
  // Whoever plans wants to know how it is now; two who ask at once are told the same.
  const bounds = { timeoutMs: 5 * MINUTE, freshMs: 0 };
  return { ...bounds, command, method: 'GET', kind: 'plan', scope: 'read', ...given };
}

function change(command: string, given: Given): Route {
  const bounds = { timeoutMs: 30 * SECOND, freshMs: 0 };
  return { ...bounds, command, method: 'POST', kind: 'change', scope: 'maintain', ...given };
}

function run(command: string, given: Given): Route {
  return { timeoutMs: 0, freshMs: 0, command, method: 'POST', kind: 'run', scope: 'maintain', ...given };
}

const { NOTHING } = inputs;

export const ROUTES: readonly Route[] = [
  panel('status', {
    summary: 'Whether the database is well.',
    input: NOTHING,
    document: 'OVERVIEW',
    timeoutMs: 10 * SECOND,
  }),
  change('status:dismiss', {
    summary: 'Accepts a finding of the status.',
    input: inputs.DISMISS,
    document: 'DISMISSED',
  }),
  change('status:restore', {
    summary: 'Shows an accepted finding as a fault again.',
    input: inputs.UNDISMISS,
    document: 'UNDISMISSED',
  }),
  panel('db:status', {
    summary: 'Which migrations are applied and which are pending.',
    input: NOTHING,
    document: 'STATUS',
  }),
  plan('db:migrate', {
    summary: 'The statements that pending migrations would execute.',
    input: inputs.MIGRATE,
    document: 'PLANNED_MIGRATIONS',
  }),
  run('db:migrate', {
    summary: 'Applies pending migrations.',
    input: inputs.MIGRATE,
    document: 'MIGRATIONS',
  }),
  plan('db:rollback', {
    summary: 'What reverting migrations would execute and destroy.',
    input: inputs.ROLLBACK,
    document: 'PLANNED_MIGRATIONS',
  }),
  run('db:rollback', {
    summary: 'Reverts migrations; what that destroys is saved first.',
    input: inputs.RUN_ROLLBACK,
    document: 'MIGRATIONS',
  }),
  change('db:breakpoint', {
    summary: 'Sets or removes a breakpoint, at which rollbacks stop.',
    input: inputs.BREAKPOINT,
    document: 'BREAKPOINTS',
  }),
  plan('db:verify', {
    summary: 'Compares the live schema with the migrations.',
    input: inputs.VERIFY,
    document: 'VERIFICATION',
    timeoutMs: MINUTE,
    freshMs: 30 * SECOND,
  }),
  plan('db:check', {
    summary: 'What is wrong with the database, as far as no table has to be read for it.',
    input: inputs.CHECK,
    document: 'CHECK',
    timeoutMs: 2 * MINUTE,
    freshMs: 30 * SECOND,
  }),
  panel('db:size', {
    summary: 'How big the database and its tables are, and how they grow.',
    input: inputs.SIZE,
    document: 'SIZE',
    timeoutMs: 15 * SECOND,
    freshMs: 30 * SECOND,
  }),
  plan('db:reclaim', {
    summary: 'What is free, and how to get it back.',
    input: NOTHING,
    document: 'PLANNED_RECLAIM',
  }),
  run('db:reclaim', {
    summary: 'Gives free space back to the disk.',
    input: inputs.RUN_RECLAIM,
    document: 'RECLAIMED',
  }),
  plan('db:analyze', {
    summary: "Which tables need their planner's statistics made anew, and why.",
    input: inputs.ANALYZE,
    document: 'PLANNED_ANALYZE',
  }),
  run('db:analyze', {
    summary: "Makes the query planner's statistics anew.",
    input: inputs.ANALYZE,
    document: 'ANALYZED',
  }),
  plan('db:vacuum', {
    summary: 'What space of deleted rows would be made usable again.',
    input: inputs.TABLES,
    document: 'PLANNED_VACUUM',
  }),
  run('db:vacuum', {
    summary: 'Makes the space of deleted rows usable again.',
    input: inputs.RUN_VACUUM,
    document: 'VACUUMED',
  }),
  plan('db:optimize', {
    summary: 'What a rebuild of tables would give back, and what it would take.',
    input: inputs.OPTIMIZE,
    document: 'PLANNED_OPTIMIZE',
  }),
  run('db:optimize', {
    summary: 'Rebuilds tables, so that their free space goes back to the disk.',
    input: inputs.RUN_OPTIMIZE,
    document: 'OPTIMIZED',
  }),
  plan('prune', {
    summary: 'What a purge by these rules would delete. The answer names the plan in `X-MultiFlexi-Plan`.',
    input: inputs.PRUNE,
    document: 'PLANNED_PURGE',
  }),
  run('prune', {
    summary: 'Deletes what a plan counted, or what these rules say.',
    input: inputs.RUN_PRUNE,
    document: 'PURGED',
  }),
  plan('retention:run', {
    summary: 'What the policies would delete. The answer names the plan in `X-MultiFlexi-Plan`.',
    input: inputs.RETENTION,
    document: 'PLANNED_PURGE',
  }),
  run('retention:run', {
    summary: 'Deletes what a plan counted, or what the policies say.',
    input: inputs.RUN_RETENTION,
    document: 'PURGED',
  }),
  panel('retention:list', { summary: 'Policies and holds.', input: NOTHING, document: 'RETENTION' }),
  change('retention:set', {
    summary: 'Creates or changes a policy.',
    input: inputs.POLICY,
    document: 'POLICY_SET',
  }),
  change('retention:remove', {
    summary: 'Removes a policy.',
    input: inputs.REMOVE_POLICY,
    document: 'POLICY_REMOVED',
  }),
  change('retention:hold', {
    summary: "Holds a job, a run template's jobs or a company's rows.",
    input: inputs.HOLD,
    document: 'HOLD',
  }),
  change('retention:release', {
    summary: 'Releases a hold.',
    input: inputs.RELEASE,
    document: 'HOLD_RELEASED',
  }),
  panel('retention:explain', {
    summary: 'Why a job is kept or will be deleted.',
    input: inputs.EXPLAIN,
    document: 'EXPLANATION',
  }),
  panel('archive:list', { summary: 'The archives of ARCHIVE_DIR.', input: NOTHING, document: 'ARCHIVES' }),
  panel('archive:show', {
    summary: 'What an archive contains.',
    input: inputs.SHOW_ARCHIVE,
    document: 'ARCHIVE',
  }),
  run('archive:verify', {
    summary: 'Reads archives completely and verifies every row.',
    input: inputs.ARCHIVE_NAMES,
    document: 'FINDINGS',
  }),
  plan('archive:restore', {
    summary: 'Verifies an archive and counts what would be restored.',
    input: inputs.RESTORE,
    document: 'PLANNED_ARCHIVE_RESTORE',
  }),
  run('archive:restore', {
    summary: 'Restores archived rows.',
    input: inputs.RUN_RESTORE,
    document: 'ARCHIVE_RESTORED',
  }),
  plan('archive:remove', {
    summary: 'Which archives would be removed.',
    input: inputs.REMOVE_ARCHIVES,
    document: 'REMOVAL',
  }),
  run('archive:remove', {
    summary: 'Removes archives.',
    input: inputs.RUN_REMOVE_ARCHIVES,
    document: 'REMOVAL',
  }),
  plan('export', {
    summary: 'What an export would have in it.',
    input: inputs.EXPORT,
    document: 'PLANNED_EXPORT',
  }),
  run('export', {
    summary: 'Writes an export to a new file in EXPORT_DIR.',
    input: inputs.EXPORT,
    document: 'EXPORTED',
  }),
  panel('db:switch:last', {
    summary:
      'Whether the database can be changed from here, and what became of the last change: its journal and receipt.',
    input: NOTHING,
    document: 'SWITCH_STATE',
    freshMs: 0,
  }),
  plan('db:switch', {
    summary:
      'What stands in the way of a change to another database, and what it would take. The answer names the plan in `X-MultiFlexi-Plan`; `plan` shows one again.',
    input: inputs.SWITCH,
    document: 'PLANNED_SWITCH',
    timeoutMs: 30 * MINUTE,
    readsAll: true,
  }),
  run('db:switch', {
    summary:
      'Changes to another database, as planned or as these say; with `dry_run` it only plans, for as long as that takes, and the run names the plan.',
    input: inputs.RUN_SWITCH,
    document: 'SWITCHED',
    changesDatabase: true,
  }),
  panel('token:list', {
    summary: 'The tokens of the console, without the tokens themselves.',
    input: NOTHING,
    document: 'TOKENS',
    scope: 'maintain',
  }),
  change('token:revoke', {
    summary: 'Revokes a token of the console.',
    input: inputs.REVOKE,
    document: 'TOKEN_REVOKED',
  }),
  panel('housekeeper:status', {
    summary: 'Whether the housekeeper does its work.',
    input: NOTHING,
    document: 'HOUSEKEEPER_STATUS',
  }),
  panel('housekeeper:history', {
    summary: 'What was done, newest first.',
    input: inputs.HISTORY,
    document: 'HOUSEKEEPER_HISTORY',
  }),
  panel('housekeeper:duties', {
    summary: "The housekeeper's duties.",
    input: NOTHING,
    document: 'DUTIES',
  }),
  plan('housekeeper:run', {
    summary: 'What a cycle of the housekeeper would do.',
    input: inputs.CYCLE,
    document: 'CYCLE',
  }),
  run('housekeeper:run', {
    summary: 'Does what has to be done routinely.',
    input: inputs.RUN_CYCLE,
    document: 'CYCLE',
  }),
];

const BY_NAME = new Map(ROUTES.map((route) => [routeName(route), route]));

export function routeOf(method: string, command: string): Route | undefined {
  return BY_NAME.get(`${method} ${command}`);
}
