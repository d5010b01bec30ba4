/** What can be wrong with settings, in words. Values are never repeated: they may hold a password. */

import { MultiFlexiError } from '../errors.ts';
import { step } from '../next-step.ts';
import { codeOf } from '../system/index.ts';

/** @param origin a file, or `the environment` @param faults sentences that begin with the name of a setting */
export function unusableSettings(origin: string, faults: readonly string[]): MultiFlexiError {
  return new MultiFlexiError(
    'SETTINGS_INVALID',
    `The database settings in ${origin} cannot be used: ${faults.join('; ')}.`,
    { next: 'Correct these settings; docs/settings.md lists all of them. Nothing was opened.' },
  );
}

export function noSettingsIn(file: string): MultiFlexiError {
  return new MultiFlexiError('SETTINGS_INVALID', `There is no DB_* setting in ${file}.`, {
    next: 'Specify the file that has the settings of the database; docs/settings.md lists them.',
  });
}

/** On a machine where the platform is installed. @param isThere whether the settings file exists */
export function noDatabaseConfigured(file: string, isThere: boolean): MultiFlexiError {
  return new MultiFlexiError(
    'SETTINGS_INVALID',
    `No database is configured: ${isThere ? `there is no DB_* setting in ${file}` : `there is no ${file}`}.`,
    {
      next: 'Install multiflexi-sqlite, multiflexi-mysql or multiflexi-postgresql, or write the DB_* settings into that file; docs/settings.md lists them. For an SQLite file in your own data directory, set DB_CONNECTION=sqlite.',
    },
  );
}

export function blankFileName(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'The name of the environment file is blank.', {
    next: step`Specify the path of a file with ${{ input: 'environment' }}.`,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a directory',
};

/** @param cause the system's own error, or one whose message is part of a sentence */
export function unreadableSettings(file: string, cause: unknown): MultiFlexiError {
  const code = codeOf(cause);
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  const environment = { input: 'environment' } as const;
  return new MultiFlexiError('SETTINGS_INVALID', `The settings in ${file} cannot be read: ${reason}.`, {
    next:
      code === 'EACCES'
        ? step`Run the command as the user multiflexi (sudo -u multiflexi …), or specify another file with ${environment}.`
        : step`Specify the correct file with ${environment}.`,
    cause,
  });
}

export function noDataDirectory(): MultiFlexiError {
  return new MultiFlexiError(
    'SETTINGS_INVALID',
    'There is no directory to keep data in: no home directory, and none is set.',
    { next: 'Set HOME or XDG_DATA_HOME; for the database alone, DB_CONNECTION and DB_DATABASE.' },
  );
}

// The settings of another database.

/** @param fault as the end of a sentence that begins with the URL, which is not repeated: it may hold a password */
export function unusableUrl(fault: string): MultiFlexiError {
  return new MultiFlexiError('SETTINGS_INVALID', `The URL of the other database ${fault}.`, {
    next: 'Write it as sqlite:///var/lib/multiflexi/multiflexi.sqlite, mysql://user@host:3306/database or pgsql://user@host:5432/database. Nothing was opened.',
  });
}

export function passwordInUrl(variable: string): MultiFlexiError {
  return new MultiFlexiError(
    'USAGE',
    'The URL of the other database has a password in it, which every user of this machine can read in the list of processes.',
    {
      next: `Leave it out of the URL and set it in the environment variable ${variable}, or write the DB_* settings into a file with mode 0600 and specify that file. Change the password if others use this machine.`,
    },
  );
}

// Replacing the settings in a file.

/** @param why as part of a sentence */
export function cannotReplaceSettings(file: string, why: string): MultiFlexiError {
  return new MultiFlexiError('SETTINGS_INVALID', `The DB_* settings in ${file} cannot be replaced: ${why}.`, {
    next: 'Correct that and run the same command again. The file was not changed.',
  });
}

/** @param name of the setting, whose value is not repeated */
export function notQuotable(name: string): MultiFlexiError {
  return new MultiFlexiError(
    'SETTINGS_INVALID',
    `The value of ${name} cannot be written so that this program, a shell and systemd all read the same value: it has a control character, or an apostrophe beside one of " $ \\ \`.`,
    {
      next: 'Choose another value, for a password by changing it on the server, and run the same command again. The file was not changed.',
    },
  );
}

export function settingsChangedMeanwhile(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'CHANGED_MEANWHILE',
    `The file ${file} was changed by somebody else meanwhile, so its settings were not replaced.`,
    { next: 'Look at the file, and run the same command again.' },
  );
}

export function namesAnother(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'CHANGED_MEANWHILE',
    `The DB_* settings in ${file} name another database, or were changed by somebody: they are kept.`,
    { next: step`To move to the other database: ${{ action: 'switch' }}. Or change the file yourself.` },
  );
}

/** @param fault a sentence that begins with the name of a setting, without a full stop */
export function unusableArchiveSetting(fault: string): MultiFlexiError {
  return invalid(fault);
}

/** @param fault a sentence that begins with the name of the setting, without a full stop */
export function unusableConsoleSetting(fault: string): MultiFlexiError {
  return invalid(fault);
}

export function unusableExportSetting(fault: string): MultiFlexiError {
  return invalid(fault);
}

/** @param faults sentences that begin with the name of a setting, without a full stop */
export function unusableHousekeeperSettings(faults: readonly string[]): MultiFlexiError {
  return invalid(faults.join('; '));
}

// Files with a passphrase.

/** @param reason as part of a sentence */
export function unusablePassphrase(file: string, reason: string): MultiFlexiError {
  return invalid(`The passphrase in ${file} cannot be used: ${reason}`);
}

export function controlCharacterInPassphrase(file: string): MultiFlexiError {
  return invalid(`The passphrase in ${file} contains a control character, which nobody could type again`);
}

export function shortPassphrase(file: string, shortest: number): MultiFlexiError {
  return invalid(`The passphrase in ${file} is shorter than ${shortest} characters`);
}

export function passphraseNotUtf8(file: string): MultiFlexiError {
  return invalid(
    `The passphrase in ${file} is not valid UTF-8; write a random key as text, as openssl rand -base64 32 does`,
  );
}

function invalid(fault: string): MultiFlexiError {
  return new MultiFlexiError('SETTINGS_INVALID', `${fault}.`, {
    next: 'Correct it; docs/settings.md describes what is needed. Nothing was done.',
  });
}
