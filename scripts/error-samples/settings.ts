import * as failures from '../../src/settings/failures.ts';
import { samplesOf } from './samples-of.ts';

const FILE = '/etc/multiflexi/multiflexi.env';
const PASSPHRASE = '/etc/multiflexi/archive.passphrase';
const systemError = (code: string) => Object.assign(new Error(code), { code });

export default samplesOf(failures, {
  unusableSettings: [
    [FILE, ['DB_PORT must be a number from 1 to 65535', 'DB_USERNAME is not set']],
    ['the environment', ['DB_NAME is not a setting of this program (did you mean DB_DATABASE?)']],
  ],
  noSettingsIn: [[FILE]],
  blankFileName: [[]],
  unreadableSettings: [
    [FILE, systemError('ENOENT')],
    [FILE, systemError('EACCES')],
    [FILE, systemError('EISDIR')],
    [FILE, new Error('it is too large to be one')],
  ],
  noDataDirectory: [[]],
  unusableArchiveSetting: [
    ['ARCHIVE_DIR contains a control character'],
    ['ARCHIVE_DIR is not expanded as a shell would: write the absolute path'],
  ],
  unusableHousekeeperSettings: [
    [['MULTIFLEXI_HOUSEKEEPER_LOG_KEEP must be a whole number from 1 to 1000000000000']],
    [['MULTIFLEXI_HOUSEKEEPER_WINDOW must be hours of the day, as 22-6 or 22:30-05:00']],
  ],
  unusablePassphrase: [
    [PASSPHRASE, 'others may read it (chmod 600)'],
    [PASSPHRASE, 'it is too large to be one'],
  ],
  controlCharacterInPassphrase: [[PASSPHRASE]],
  shortPassphrase: [[PASSPHRASE, 8]],
  passphraseNotUtf8: [[PASSPHRASE]],
});
