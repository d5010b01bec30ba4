import * as failures from '../../src/housekeeper/failures.ts';
import { samplesOf } from './samples-of.ts';

export default samplesOf(failures, {
  dutyHangs: [['orphans', 480_000]],
  dutyFailed: [['counters', new Error('the walk over run templates does not advance')]],
});
