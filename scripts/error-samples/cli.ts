import * as failures from '../../src/cli/failures.ts';
import { samplesOf } from './samples-of.ts';

export default samplesOf(failures, {
  interruptedBy: [['SIGTERM']],
  leftChanging: [['SIGTERM']],
  leftReading: [['SIGINT']],
  savingWithoutDryRun: [[]],
  planAndRules: [[]],
  planIsSaved: [[]],
  replicaWithoutLimit: [[]],
  originNotSpecified: [[]],
  serviceNeedsSocket: [[]],
  onlyOfService: [['--origin']],
  notOfService: [['--read-only']],
  portNotFree: [[8080, 'the address is in use']],
  daemonAndOnce: [[]],
  breakpointOptionsExclude: [[]],
  exportToTerminal: [[]],
  exportDocumentNeedsFile: [[]],
  passphraseNotSpecified: [[]],
  compareWithOne: [[]],
  switchWhereTo: [[]],
  settingsFromNowhere: [[]],
  tourHasNoJson: [[]],
});
