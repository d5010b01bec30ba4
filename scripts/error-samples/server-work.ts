import * as failures from '../../src/server/work/failures.ts';
import { samplesOf } from './samples-of.ts';

export default samplesOf(failures, {
  stopped: [[]],
  notBesideSettings: [['/etc/multiflexi']],
  passphraseNotSet: [[]],
});
