/** A setting of the housekeeper that is wrong is named with its allowed form; none is read as something else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHousekeeperSettings } from './housekeeper.ts';

const DUTIES = ['retention', 'orphans'];
const read = (environment: Record<string, string>) =>
  readHousekeeperSettings({ environment, defaultFile: '/nonexistent' }, DUTIES);
const H = 'MULTIFLEXI_HOUSEKEEPER_';

test('without any, it keeps 100,000 log entries and deletes at any hour', () => {
  expect(read({})).toEqual({
    dryRun: false,
    daemonize: false,
    cyclePauseMs: 3_600_000,
    logKeep: 100_000,
    logKeepPerCompany: null,
    tmpDirectory: null,
    tmpAgeMs: 86_400_000,
    staleJobAgeMs: 86_400_000,
    skipDuties: [],
    window: null,
  });
});

test('takes what is meant', () => {
  expect(
    read({
      [`${H}DRY_RUN`]: 'Yes',
      MULTIFLEXI_DAEMONIZE: 'false',
      [`${H}STALE_JOB_AGE`]: '90',
      [`${H}SKIP_DUTIES`]: ' orphans, retention ,',
      [`${H}WINDOW`]: '22:30 - 6',
      [`${H}LOG_KEEP`]: ' 5000 ',
      MULTIFLEXI_TMP: '/var/tmp/multiflexi',
    }),
  ).toMatchObject({
    dryRun: true,
    daemonize: false,
    staleJobAgeMs: 90 * 60_000,
    skipDuties: ['orphans', 'retention'],
    window: { from: 22 * 60 + 30, to: 360 },
    logKeep: 5000,
    tmpDirectory: '/var/tmp/multiflexi',
  });
  expect(read({ [`${H}STALE_JOB_AGE`]: '2d' }).staleJobAgeMs).toBe(2 * 86_400_000);
  expect(read({ [`${H}WINDOW`]: '0-24' }).window).toEqual({ from: 0, to: 1_440 });
});

test('it knows the file that it was told by', () => {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-settings-'));
  const file = join(directory, 'multiflexi.env');
  writeFileSync(file, 'MULTIFLEXI_TMP=/var/tmp/multiflexi\n');
  expect(
    readHousekeeperSettings({ file, environment: {}, defaultFile: '/nonexistent' }, DUTIES),
  ).toMatchObject({
    settingsFile: file,
    tmpDirectory: '/var/tmp/multiflexi',
  });
  rmSync(directory, { recursive: true });
});

test('blank counts as not set', () => {
  for (const name of [
    'DRY_RUN',
    'CYCLE_PAUSE',
    'LOG_KEEP',
    'TMP_AGE_HOURS',
    'STALE_JOB_AGE',
    'SKIP_DUTIES',
    'WINDOW',
  ])
    expect(read({ [`${H}${name}`]: '  ' })).toEqual(read({}));
});

test.each([
  ['MULTIFLEXI_DAEMONIZE', 'maybe', 'true or false'],
  [`${H}DRY_RUN`, '2', 'true or false'],
  [`${H}CYCLE_PAUSE`, '-1', 'a whole number from 60 to 604800'],
  [`${H}CYCLE_PAUSE`, '1e3', 'a whole number from 60 to 604800'],
  [`${H}LOG_KEEP`, '0', 'a whole number from 1'],
  [`${H}LOG_KEEP`, '99999999999999999999', 'a whole number from 1'],
  [`${H}LOG_KEEP`, '12.5', 'a whole number from 1'],
  [`${H}LOG_KEEP_PER_COMPANY`, 'many', 'a whole number from 1'],
  [`${H}TMP_AGE_HOURS`, '0', 'a whole number from 1 to 87600'],
  [`${H}STALE_JOB_AGE`, '4', 'from 5 minutes to 10 years'],
  [`${H}STALE_JOB_AGE`, '-60', 'from 5 minutes to 10 years'],
  [`${H}STALE_JOB_AGE`, '999999999d', 'from 5 minutes to 10 years'],
  [`${H}SKIP_DUTIES`, 'LogPruning', 'retention, orphans'],
  [`${H}WINDOW`, '25-3', 'as 22-6'],
  [`${H}WINDOW`, '6-6', 'as 22-6'],
  [`${H}WINDOW`, 'night', 'as 22-6'],
  ['MULTIFLEXI_TMP', 'tmp', 'an absolute path'],
  ['MULTIFLEXI_TMP', '~/tmp', 'not expanded'],
])('%s=%s is refused with what it must be', (name, value, rule) => {
  try {
    read({ [name]: value });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID', exit: 64 });
    expect(String(error)).toContain(name);
    expect(String(error)).toContain(rule);
  }
});

test('a misspelt name is not ignored: it could have kept rows', () => {
  expect(() => read({ [`${H}LOGKEEP`]: '5' })).toThrow(/LOGKEEP is not a setting.*LOG_KEEP/);
});

test('every fault is told at once', () => {
  expect(() => read({ [`${H}LOG_KEEP`]: 'x', [`${H}WINDOW`]: 'y' })).toThrow(/LOG_KEEP.*WINDOW/);
});
