import { lagSuite } from '../harness/lag-suite.ts';

lagSuite('mariadb');
