/** What the housekeeper is told: `MULTIFLEXI_HOUSEKEEPER_*`, `MULTIFLEXI_DAEMONIZE` and `MULTIFLEXI_TMP`. */
import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod/mini';
import type { RawSettings } from './database.ts';
import { unusableHousekeeperSettings } from './failures.ts';
import { closest, strangeSetting } from './names.ts';
import { nearest, settingsFile, settingsPath } from './nearest.ts';
import { pathFault } from './paths.ts';
import type { SettingsSource } from './read.ts';

const PREFIX = 'MULTIFLEXI_HOUSEKEEPER_';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface HousekeeperSettings {
  /** Nothing is changed; what would be done is told. */
  readonly dryRun: boolean;
  readonly daemonize: boolean;
  /** From the beginning of one cycle to that of the next, in milliseconds, in a daemon. */
  readonly cyclePauseMs: number;
  readonly logKeep: number;
  /** Null for no limit of each company's own. */
  readonly logKeepPerCompany: number | null;
  /** Null where nobody has said where the platform's temporary files are. */
  readonly tmpDirectory: string | null;
  /** The file that settings were read from, which must not be taken for a temporary one; undefined where there is none. */
  readonly settingsFile?: string | undefined;
  readonly tmpAgeMs: number;
  readonly staleJobAgeMs: number;
  readonly skipDuties: readonly string[];
  /** The hours of the day, in local time, in which rows and files may be deleted; null for all. */
  readonly window: HoursOfDay | null;
}

/** In minutes since midnight; it may pass midnight: 22:00 to 6:00. */
export interface HoursOfDay {
  readonly from: number;
  readonly to: number;
}

const ONE_DAY = 24 * 60;

function wholeNumber(name: string, least: number, most: number) {
  const rule = `${name} must be a whole number from ${least} to ${most}`;
  return z.pipe(
    z.string().check(z.regex(/^[0-9]{1,13}$/, rule)),
    z.pipe(
      z.transform((text: string) => Number(text)),
      z.number().check(z.minimum(least, rule), z.maximum(most, rule)),
    ),
  );
}

function yesOrNo(name: string) {
  return z.pipe(
    z.string().check(z.regex(/^(?:true|false|yes|no|on|off|1|0)$/i, `${name} must be true or false`)),
    z.transform((text: string) => /^(?:true|yes|on|1)$/i.test(text)),
  );
}

const LONGEST_AGE_MS = 10 * 365 * 24 * HOUR_MS;
const UNITS = { m: MINUTE_MS, h: HOUR_MS, d: 24 * HOUR_MS } as const;

/** A number alone is of minutes, as it has always been there. */
function age(name: string) {
  const rule = `${name} must be minutes (90), or a time with a unit (90m, 12h, 2d), from 5 minutes to 10 years`;
  return z.pipe(
    z.string().check(z.regex(/^[0-9]{1,9}[mhd]?$/, rule)),
    z.pipe(
      z.transform((text: string) => {
        const unit = text.at(-1) as keyof typeof UNITS;
        return Number.parseInt(text, 10) * (UNITS[unit] ?? MINUTE_MS);
      }),
      z.number().check(z.minimum(5 * MINUTE_MS, rule), z.maximum(LONGEST_AGE_MS, rule)),
    ),
  );
}

function hoursOfDay(name: string) {
  const rule = `${name} must be hours of the day, as 22-6 or 22:30-05:00`;
  const hour = '(?:[01]?[0-9]|2[0-4])(?::[0-5][0-9])?';
  return z.pipe(
    z.string().check(z.regex(new RegExp(`^${hour}\\s*-\\s*${hour}$`), rule)),
    z.transform((text: string, context): HoursOfDay => {
      const [from = 0, to = 0] = text.split('-').map(minuteOfDay);
      if (from < ONE_DAY && to <= ONE_DAY && from !== to) return { from, to };
      context.issues.push({ code: 'custom', message: rule, input: text });
      return z.NEVER;
    }),
  );
}

function minuteOfDay(text: string): number {
  const [hours, minutes = 0] = text.trim().split(':').map(Number);
  return (hours ?? 0) * 60 + minutes;
}

function folder(name: string, home: string | undefined) {
  return z.pipe(
    z.string(),
    z.transform((text: string, context): string => {
      const fault = /\p{Cc}/u.test(text)
        ? 'contains a control character'
        : (pathFault(text, home) ?? (isAbsolute(text) ? undefined : 'must be an absolute path'));
      if (fault === undefined) return resolve(text);
      context.issues.push({ code: 'custom', message: `${name} ${fault}`, input: text });
      return z.NEVER;
    }),
  );
}

function listOf(name: string, known: readonly string[]) {
  return z.pipe(
    z.string(),
    z.transform((text: string, context): readonly string[] => {
      const given = text.split(',').map((word) => word.trim());
      const words = given.filter((word) => word !== '');
      const strange = words.find((word) => !known.includes(word));
      if (strange === undefined) return words;
      const message = `${name} must be duties with commas between them: ${known.join(', ')}`;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    }),
  );
}

function schemaOf(duties: readonly string[], home: string | undefined) {
  return z.object({
    MULTIFLEXI_DAEMONIZE: z.optional(yesOrNo('MULTIFLEXI_DAEMONIZE')),
    MULTIFLEXI_TMP: z.optional(folder('MULTIFLEXI_TMP', home)),
    MULTIFLEXI_HOUSEKEEPER_DRY_RUN: z.optional(yesOrNo('MULTIFLEXI_HOUSEKEEPER_DRY_RUN')),
    MULTIFLEXI_HOUSEKEEPER_CYCLE_PAUSE: z.optional(
      wholeNumber('MULTIFLEXI_HOUSEKEEPER_CYCLE_PAUSE', 60, 604_800),
    ),
    MULTIFLEXI_HOUSEKEEPER_LOG_KEEP: z.optional(wholeNumber('MULTIFLEXI_HOUSEKEEPER_LOG_KEEP', 1, 1e12)),
    MULTIFLEXI_HOUSEKEEPER_LOG_KEEP_PER_COMPANY: z.optional(
      wholeNumber('MULTIFLEXI_HOUSEKEEPER_LOG_KEEP_PER_COMPANY', 1, 1e12),
    ),
    MULTIFLEXI_HOUSEKEEPER_TMP_AGE_HOURS: z.optional(
      wholeNumber('MULTIFLEXI_HOUSEKEEPER_TMP_AGE_HOURS', 1, 87_600),
    ),
    MULTIFLEXI_HOUSEKEEPER_STALE_JOB_AGE: z.optional(age('MULTIFLEXI_HOUSEKEEPER_STALE_JOB_AGE')),
    MULTIFLEXI_HOUSEKEEPER_SKIP_DUTIES: z.optional(listOf('MULTIFLEXI_HOUSEKEEPER_SKIP_DUTIES', duties)),
    MULTIFLEXI_HOUSEKEEPER_WINDOW: z.optional(hoursOfDay('MULTIFLEXI_HOUSEKEEPER_WINDOW')),
  });
}

/**
 * A name in the environment wins over one of the settings file. Blank counts as not set.
 * @param duties that there are, by name
 * @throws SETTINGS_INVALID with every fault found, each with the setting's name and what it must be
 */
export function readHousekeeperSettings(
  from: SettingsSource,
  duties: readonly string[],
): HousekeeperSettings {
  const { environment } = from;
  const file = settingsFile(from);
  const schema = schemaOf(duties, environment.HOME || undefined);
  const names = Object.keys(schema.shape);
  const given = Object.fromEntries(
    names.flatMap((name) => {
      const value = nearest(name, environment, file);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const parsed = schema.safeParse(given);
  const faults = [
    ...misspelt({ ...file, ...environment }, names),
    ...(parsed.success ? [] : parsed.error.issues.map(({ message }) => message)),
  ];
  if (!parsed.success || faults.length > 0) throw unusableHousekeeperSettings([...new Set(faults)]);
  const { data } = parsed;
  const path = settingsPath(from);
  return {
    ...(path === undefined ? {} : { settingsFile: resolve(path) }),
    dryRun: data.MULTIFLEXI_HOUSEKEEPER_DRY_RUN ?? false,
    daemonize: data.MULTIFLEXI_DAEMONIZE ?? false,
    cyclePauseMs: (data.MULTIFLEXI_HOUSEKEEPER_CYCLE_PAUSE ?? 3_600) * 1_000,
    logKeep: data.MULTIFLEXI_HOUSEKEEPER_LOG_KEEP ?? 100_000,
    logKeepPerCompany: data.MULTIFLEXI_HOUSEKEEPER_LOG_KEEP_PER_COMPANY ?? null,
    tmpDirectory: data.MULTIFLEXI_TMP ?? null,
    tmpAgeMs: (data.MULTIFLEXI_HOUSEKEEPER_TMP_AGE_HOURS ?? 24) * HOUR_MS,
    staleJobAgeMs: data.MULTIFLEXI_HOUSEKEEPER_STALE_JOB_AGE ?? 24 * HOUR_MS,
    skipDuties: data.MULTIFLEXI_HOUSEKEEPER_SKIP_DUTIES ?? [],
    window: data.MULTIFLEXI_HOUSEKEEPER_WINDOW ?? null,
  };
}

/** What is ignored could have kept rows: a name with our prefix is one of ours. */
function misspelt(raw: RawSettings, names: readonly string[]): string[] {
  return Object.keys(raw).flatMap((name) => {
    const upper = name.toUpperCase();
    const isOurs = upper.startsWith(PREFIX) && !names.includes(name) && (raw[name] ?? '').trim() !== '';
    // What the PHP edition's housekeeper reads as well.
    return isOurs && name !== `${PREFIX}CREDENTIAL_CHECK`
      ? [strangeSetting(name, closest(upper, names))]
      : [];
  });
}
