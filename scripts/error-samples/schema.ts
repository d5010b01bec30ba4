import * as failures from '../../src/schema/failures.ts';
import { samplesOf, WHERE } from './samples-of.ts';

export default samplesOf(failures, { noInstallationId: [[WHERE]] });
