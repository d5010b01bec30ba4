/** The texts of this room's errors. */
import { MultiFlexiError } from '../../errors.ts';

export function stopped(): MultiFlexiError {
  return new MultiFlexiError('INTERRUPTED', 'Stopped from the console.', {
    next: 'What was already done is kept. Plan again to continue.',
  });
}

/** @param directory of the settings file */
export function notBesideSettings(directory: string): MultiFlexiError {
  return new MultiFlexiError('USAGE', `This is not a settings file (*.env) in ${directory}.`, {
    next: 'Put the DB_* settings of the other database into a file there, with mode 0600. Nothing was opened.',
  });
}

export function passphraseNotSet(): MultiFlexiError {
  return new MultiFlexiError('PASSPHRASE_NEEDED', 'There is no passphrase to encrypt the export with.', {
    next: 'Set ARCHIVE_PASSPHRASE_FILE. Nothing was written.',
  });
}
