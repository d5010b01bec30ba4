import * as failures from '../../src/migrations/ledger/failures.ts';
import { samplesOf } from './samples-of.ts';

const JOB = { version: '20221125095601', name: 'job' };

export default samplesOf(failures, {
  invalidVersion: [[{ version: '2022', name: 'job' }]],
  invalidState: [[JOB, 'done']],
  invalidDirection: [[JOB, 'sideways']],
  impossibleProgress: [[JOB, 6, 5]],
  stepMissing: [[JOB, 'down', 2]],
  stepEdited: [[JOB, 'down', 2]],
  stepUnreadable: [[JOB, 'down', 2]],
  stepsMissing: [[JOB, 'down', 3, 5]],
  rowDeleted: [
    [{ version: '20241209204404', name: 'artifacts' }, 'job', JOB],
    [{ version: '20241209204404', name: 'artifacts' }, 'job', undefined],
  ],
});
