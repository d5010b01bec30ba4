import { id, nullable, reference, string, text } from '../columns.ts';
import { migration } from '../migration.ts';
import { createTable, createUniqueIndex, dropTable } from '../operations/index.ts';

export default migration({
  version: '20221123091933',
  name: 'company_env',
  up: [
    createTable('company_env', 'Company-level environment variables', [
      id('Key of the variable'),
      reference('company_id', 'company', 'cascade', 'Company the variable is set for'),
      string('keyword', 128, 'Name of the variable'),
      nullable(text('value', 'Value of the variable')),
    ]),
    createUniqueIndex('company_env', 'company_id', 'keyword'),
  ],
  down: [dropTable('company_env')],
});
