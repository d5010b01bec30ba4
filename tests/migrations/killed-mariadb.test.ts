import { killedSuite } from '../harness/killed-suite.ts';

killedSuite('mariadb');
