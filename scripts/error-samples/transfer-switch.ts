import * as failures from '../../src/transfer/switch/failures.ts';
import { samplesOf } from './samples-of.ts';

const FILE = '/etc/multiflexi/multiflexi.env';

export default samplesOf(failures, {
  cannotSwitch: [
    [
      [
        'at least 10000 rows of artifacts refer by artifacts.job_id to rows of job that do not exist (the first ids: 1, 2, 3, 4, 5)',
      ],
      failures.correction({ orphans: true, strange: false }),
    ],
    [
      [
        'the view busy_jobs is not of this program',
        'job with id 12: command has the character U+0000, which PostgreSQL keeps in no text',
      ],
      failures.correction({ orphans: false, strange: true }),
    ],
  ],
  sameDatabase: [['database multiflexi at db1:3306']],
  noSettingsFile: [[]],
  nothingToReturnTo: [[FILE]],
  damagedJournal: [[`${FILE}.switch.json`]],
  copyDiffers: [
    [['job with id from 1 to 20000: 20000 rows in the source, 20001 in the target, and other digests']],
  ],
  stopTooLong: [[40, 10]],
  stopOverdue: [[10]],
});
