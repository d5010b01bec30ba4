import { STEPS } from '../ledger/tables.ts';
import { migration } from '../migration.ts';
import { allowNullInJson, nothing } from '../operations/index.ts';

/**
 * SQLite before 3.45 takes NULL for no JSON: such a library (Debian 12 has 3.40) could insert no row without these
 * values, called a file that has such rows damaged, and lost them when it loaded a dump.
 */
export default migration({
  version: '20261126214500',
  name: 'null_in_json',
  up: [
    allowNullInJson({
      user: 'settings',
      company: 'settings',
      applications: 'environment',
      run_template: 'env',
      job: 'env',
      credential_type: 'fields',
      [STEPS]: 'detail',
    }),
  ],
  // The CHECKs stay as they are: with the old ones such a library would again call the file damaged.
  down: [nothing('the checks of JSON')],
});
