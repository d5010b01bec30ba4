import * as failures from '../../src/cleanup/rules/failures.ts';
import { samplesOf } from './samples-of.ts';

export default samplesOf(failures, {
  noSuchRunTemplate: [[4711n]],
  noSuchCompany: [['acme']],
  nothingToHold: [
    ['job', 12n],
    ['run_template', 7n],
  ],
  noSuchHold: [[3n]],
  noSuchPolicy: [[3n]],
  policyWithoutLimit: [[]],
  templateOfOtherRows: [[]],
  templateAndCompany: [[]],
  tokensAgeOnly: [[]],
  notArchived: [[]],
  historyAgesOnly: [[]],
});
