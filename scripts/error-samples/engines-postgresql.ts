import * as failures from '../../src/engines/postgresql/failures.ts';
import { samplesOf } from './samples-of.ts';

const PLACE = {
  kind: 'PostgreSQL server',
  address: 'db.example.com:5432',
  database: 'multiflexi',
  username: 'multiflexi',
  secret: undefined,
};

export default samplesOf(failures, {
  knowsItsReplicas: [[]],
  mayNotReadStandbys: [[PLACE, '"multiflexi"']],
  notUnicode: [[PLACE, 'LATIN1']],
  noSchema: [[PLACE, 'nowhere']],
});
