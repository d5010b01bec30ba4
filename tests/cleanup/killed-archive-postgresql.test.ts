import { killedArchiveSuite } from '../harness/killed-archive-suite.ts';

killedArchiveSuite('postgresql');
