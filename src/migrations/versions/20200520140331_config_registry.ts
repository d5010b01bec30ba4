import { id, nullable, reference, string, text } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, createUniqueIndex, dropTable } from '../operations/index.ts';

export default migration({
  version: '20200520140331',
  name: 'config_registry',
  up: [
    createTable('config_registry', 'RunTemplate configuration field values', [
      id('Key of the value'),
      reference('run_template_id', 'run_template', 'cascade', 'Run template the value belongs to'),
      reference('app_id', 'applications', 'cascade', 'Application whose field it fills'),
      reference('company_id', 'company', 'cascade', 'Company of the run template'),
      string('name', 128, 'Name of the configuration field'),
      nullable(text('value', 'Value of the field')),
      string('config_type', 32, 'Type of the field, as in the definition of the application', 'string'),
    ]),
    createUniqueIndex('config_registry', 'run_template_id', 'name'),
    createIndex('config_registry', 'app_id'),
    createIndex('config_registry', 'company_id'),
  ],
  down: [dropTable('config_registry')],
});
