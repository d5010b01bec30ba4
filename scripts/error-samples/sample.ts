import * as failures from '../../src/sample/failures.ts';
import { samplesOf, WHERE } from './samples-of.ts';

export default samplesOf(failures, {
  brokenRule: [
    ['The number of jobs must be a whole number, 0 or more'],
    ['The length of the history must be more than 0 and at most 36500 days'],
    ['The seed must be a whole number'],
    ['The end of the history must be an instant from 1970 to before 2250'],
  ],
  idsNearTheirEnd: [['job', 9_223_372_036_854_775_000n]],
  hasJobs: [[WHERE]],
  // Of the failure that ended it.
  interruptedSample: [[failures.hasJobs(WHERE)]],
});
