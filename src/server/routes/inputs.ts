/**
 * What the routes take: the same names in a query (all text) and in a body (JSON). A name that nobody knows is refused, as
 * it would otherwise be ignored where it was to narrow something.
 */
import * as z from 'zod';
import { DUTY_NAMES, FINISHED, parseRowId, SUBJECTS } from '../../tasks/index.ts';
import { agoIn, daysIn, durationIn, futureEndIn } from '../../written-times.ts';

export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

export function number(least: number, most: number) {
  const within = z.int().min(least).max(most);
  return z.union([
    within,
    z
      .string()
      .regex(/^\d{1,16}$/)
      .transform(Number)
      .pipe(within),
  ]);
}

/** A list, in a query with commas between its items. */
function list<Item extends z.ZodType<unknown, string>>(item: Item) {
  const items = z.array(item).max(1_000);
  return z.union([
    items,
    z
      .string()
      .transform((text) => text.split(',').map((one) => one.trim()))
      .pipe(items),
  ]);
}

const line = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(/^\P{Cc}*$/u);

const rowId = z.union([z.int().nonnegative().transform(String), z.string()]).transform((text, context) => {
  const id = parseRowId(text);
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: 'must be an id' });
  return z.NEVER;
});

const rowIds = z.union([
  z.array(rowId).max(1_000),
  z
    .string()
    .transform((text): (string | number)[] => text.split(','))
    .pipe(z.array(rowId).max(1_000)),
]);

function written(read: (text: string) => number, rule: string) {
  return z.string().transform((text, context) => {
    const value = read(text);
    if (!Number.isNaN(value)) return value;
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  });
}

const AGE = 'must be an age (12h, 90d, 8w, 6m, 2y) or a past date (2026-01-31)';
const ago = written(agoIn, AGE);
/** As it was written, and the instant that it means. */
const age = z.string().transform((said, context) => {
  const instant = agoIn(said);
  if (!Number.isNaN(instant)) return { said, instant };
  context.addIssue({ code: 'custom', message: AGE });
  return z.NEVER;
});
const duration = written(durationIn, 'must be a time (90s, 10m, 2h), at most a week');
const days = written(daysIn, 'must be an age (90d, 8w, 2y), at most a hundred years');
const futureEnd = written(futureEndIn, 'must be today or a later day (2027-06-30), or a time in the future');
const version = z.string().regex(/^(0|\d{14})$/, 'must be 0 or 14 digits');
const tables = list(line).optional();
const archiveName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\w.-]+$/);

export const CONFIRMED = z
  .array(
    z.strictObject({
      kind: z.enum(['oversized', 'dependents', 'losses', 'origin', 'removal', 'rebuild', 'written-since']),
      confirmed_by: z.string().max(64),
    }),
  )
  .max(20)
  .default([])
  .describe('what `needs_confirmation` of the plan asked for, with its number or token');

export const NOTHING = z.strictObject({});

export const SIZE = z.strictObject({ by: z.enum(['company', 'template']).optional() });
export const VERIFY = z.strictObject({ except: tables });
export const CHECK = z.strictObject({});
export const HISTORY = z.strictObject({ limit: number(1, 1_000).default(30), duty: line.optional() });
export const EXPLAIN = z.strictObject({ job: rowId });
export const SHOW_ARCHIVE = z.strictObject({ archive: archiveName });

const GUARD = { guard: number(1, 100).optional(), archive: flag.default(false) };

export const PRUNE = z.strictObject({
  logs: flag.default(false),
  jobs: flag.default(false),
  keep: number(0, Number.MAX_SAFE_INTEGER).optional(),
  keep_per_template: number(0, Number.MAX_SAFE_INTEGER).optional(),
  keep_last_success: flag.default(false),
  older_than: age.optional(),
  status: list(z.enum(FINISHED)).optional(),
  company: line.optional(),
  ...GUARD,
});
export const RETENTION = z.strictObject({ skip_oversized: flag.default(false), ...GUARD });

const PURGE = {
  plan: z.string().max(64).optional().describe('the `X-MultiFlexi-Plan` of the plan that is carried out'),
  rows: z.int().nonnegative().optional().describe('with `plan`: its rows, as somebody has typed them'),
  confirmed: CONFIRMED,
  time_budget: duration.optional(),
  max_lag: duration.optional(),
  reclaim: flag.default(false),
};
export const RUN_PRUNE = PRUNE.extend(PURGE);
export const RUN_RETENTION = RETENTION.extend(PURGE);

export const MIGRATE = z.strictObject({ target: version.optional() });
export const ROLLBACK = z.strictObject({ target: version.optional(), force: flag.default(false) });
export const RUN_ROLLBACK = ROLLBACK.extend({ confirmed: CONFIRMED });
export const BREAKPOINT = z.strictObject({
  target: version.optional(),
  change: z.enum(['set', 'unset', 'toggle', 'remove-all']),
});

export const TABLES = z.strictObject({ tables });
export const RUN_RECLAIM = z.strictObject({ time_budget: duration.optional() });
export const RUN_VACUUM = TABLES.extend({ time_budget: duration.optional() });
export const ANALYZE = TABLES.extend({ all: flag.default(false) });
export const OPTIMIZE = TABLES.extend({ min_share: number(0, 100).optional() });
export const RUN_OPTIMIZE = OPTIMIZE.extend({ confirmed: CONFIRMED, lock_timeout: duration.optional() });

export const RESTORE = z.strictObject({
  archive: archiveName,
  job: rowIds.optional(),
  ignore_missing_columns: flag.default(false),
});
export const RUN_RESTORE = RESTORE.extend({ confirmed: CONFIRMED });
export const ARCHIVE_NAMES = z.strictObject({ archives: list(archiveName).optional() });
export const REMOVE_ARCHIVES = ARCHIVE_NAMES.extend({ older_than: ago.optional() });
export const RUN_REMOVE_ARCHIVES = REMOVE_ARCHIVES.extend({ confirmed: CONFIRMED });

export const CYCLE = z.strictObject({ only: list(z.enum(DUTY_NAMES)).optional() });
export const RUN_CYCLE = CYCLE.extend({ time_budget: duration.optional() });

const OTHER = {
  to_env: line
    .optional()
    .describe('a file (*.env) beside the settings file, with `DB_*` of the other database'),
  back: flag.default(false).describe('to the database that was used before'),
  except: list(line).optional().describe('what may stay behind'),
  plan: z.string().max(64).optional().describe('the id of a plan'),
};
const ONE_TARGET = { error: 'exactly one of to_env, to, back and plan says which database is meant' };
const PLAN_IS_WHOLE = { error: 'a plan has been made with its own except', path: ['except'] };

interface Targets {
  readonly to_env?: string | undefined;
  readonly to?: string | undefined;
  readonly back: boolean;
  readonly except?: readonly string[] | undefined;
  readonly plan?: string | undefined;
}

function hasOneTarget({ to_env, to, back, plan }: Targets): boolean {
  return [to_env, to, back || undefined, plan].filter((one) => one !== undefined).length === 1;
}

function isWhole({ plan, except }: Targets): boolean {
  return plan === undefined || except === undefined;
}

export const SWITCH = z.strictObject(OTHER).refine(hasOneTarget, ONE_TARGET).refine(isWhole, PLAN_IS_WHOLE);
export const RUN_SWITCH = z
  .strictObject({
    ...OTHER,
    to: z
      .string()
      .trim()
      .min(1)
      .max(2_000)
      .optional()
      .describe(
        'a URL of the other database, as `mysql://USER@HOST/DATABASE`; it may have the password in it',
      ),
    password: z.string().max(1_000).optional().describe('with `to`'),
    dry_run: flag.default(false).describe('only plans: checks both databases and every value'),
    rows: z.int().nonnegative().optional().describe('with `plan`: its rows, as somebody has typed them'),
    max_stop: number(1, 86_400).optional().describe("seconds that the platform's writes may wait"),
    confirmed: CONFIRMED,
  })
  .refine(hasOneTarget, ONE_TARGET)
  .refine(isWhole, PLAN_IS_WHOLE);

export const EXPORT = z.strictObject({
  form: z.enum(['compact', 'json']).default('compact'),
  company: line.optional().describe('slug or id: only its rows, and what they refer to'),
  tables,
  without: tables,
  encrypt: flag.default(false).describe('by the passphrase of the settings; not in JSON'),
});

export const POLICY = z.strictObject({
  subject: z.enum(SUBJECTS),
  company: line.optional(),
  run_template: rowId.optional(),
  older_than: days.optional(),
  keep_last: number(0, 2_000_000_000).optional(),
  keep_last_success: flag.default(true),
  archive: flag.default(false),
  disabled: flag.default(false),
  note: line.optional(),
});
export const REMOVE_POLICY = z.strictObject({ policy: rowId });
export const HOLD = z.strictObject({
  job: rowId.optional(),
  run_template: rowId.optional(),
  company: line.optional(),
  until: futureEnd.optional(),
  reason: line,
});
export const RELEASE = z.strictObject({ hold: rowId });

export const REVOKE = z.strictObject({ token: rowId });

export const DISMISS = z.strictObject({ finding: line, reason: line });
export const UNDISMISS = z.strictObject({ finding: line });
