import { id, now, reference } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, createUniqueIndex, dropTable } from '../operations/index.ts';

export default migration({
  version: '20200413150836',
  name: 'app_to_company',
  up: [
    createTable('app_to_company', 'Which apps are assigned to which companies', [
      id('Key of the assignment'),
      reference('app_id', 'applications', 'cascade', 'Application that is assigned'),
      reference('company_id', 'company', 'cascade', 'Company it is assigned to'),
      now('DatCreate', 'When it was assigned (UTC)'),
    ]),
    createUniqueIndex('app_to_company', 'app_id', 'company_id'),
    createIndex('app_to_company', 'company_id'),
  ],
  down: [dropTable('app_to_company')],
});
