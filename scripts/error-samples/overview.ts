import * as failures from '../../src/overview/failures.ts';
import { samplesOf } from './samples-of.ts';

export default samplesOf(failures, {
  noSuchFinding: [
    ['drif', ['drift', 'space']],
    ['drift', []],
  ],
});
