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
  noDatabaseConfigured: [
    [FILE, true],
    [FILE, false],
  ],
  blankFileName: [[]],
  unreadableSettings: [
    [FILE, systemError('ENOENT')],
    [FILE, systemError('EACCES')],
    [FILE, systemError('EISDIR')],
    [FILE, new Error('it is too large to be one')],
  ],
  noDataDirectory: [[]],
  unusableUrl: [
    ['begins with none of sqlite:, mysql:, mariadb: or pgsql:'],
    ['has something after the name of the database; settings such as TLS belong in a file'],
  ],
  passwordInUrl: [['OTHER_DB_PASSWORD']],
  cannotReplaceSettings: [
    [FILE, 'it belongs to another user, and only root could keep that so'],
    [FILE, 'access was denied'],
  ],
  notQuotable: [['DB_PASSWORD']],
  settingsChangedMeanwhile: [[FILE]],
  namesAnother: [[FILE]],
  unusableConsoleSetting: [
    [
      'MULTIFLEXI_CONSOLE_ORIGIN must be addresses without a path, with commas between them (https://console.example.org)',
    ],
  ],
  unusableExportSetting: [['EXPORT_MAX_AGE_DAYS must be a whole number of days from 1 to 3650']],
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
