import * as failures from '../../src/engines/sqlite/failures.ts';
import { samplesOf } from './samples-of.ts';

const FILE = '/var/lib/multiflexi/multiflexi.sqlite';

export default samplesOf(failures, {
  noSuchFile: [[FILE]],
  unseen: [[FILE, 'access was denied']],
  replaced: [[FILE]],
  unreadable: [[FILE]],
  unwritable: [[FILE, 'its directory is read-only']],
  noSharedMemory: [
    [FILE, 'this user may not write to its directory', false],
    [FILE, 'this user may not write to its directory', true],
  ],
  hotJournal: [[FILE]],
  temporaryDiskFull: [['/tmp', { there: '0 MiB', here: '5 GiB' }]],
  foreignLockFile: [[`${FILE}.migrations.lock`, FILE, { uid: 0, mode: '600' }]],
  strangeLockFile: [[`${FILE}.migrations.lock`]],
  lockFileRefused: [[`${FILE}.migrations.lock`, '/var/lib/multiflexi']],
  lockFileReadOnly: [[`${FILE}.migrations.lock`]],
  noReplicas: [[]],
});
