import * as failures from '../../src/cleanup/purge/failures.ts';
import { samplesOf } from './samples-of.ts';

export default samplesOf(failures, {
  noArchiveDirectory: [[]],
  nothingCanBeDeleted: [['job', 100, 'a trigger refused it']],
  rowsKept: [['Only 3 of 5 rows of job were deleted'], ['2 rows of artifacts were not deleted']],
});
