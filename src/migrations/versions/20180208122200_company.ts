import { boolean, datetime, id, json, now, nullable, string, text } from '../columns.ts';
import { migration } from '../migration.ts';
import { createTable, createUniqueIndex, dropTable } from '../operations/index.ts';

export default migration({
  version: '20180208122200',
  name: 'company',
  up: [
    createTable('company', 'Multi-tenant company records', [
      id('Key of the company'),
      boolean('enabled', 'Whether the company may use the platform', true),
      string('slug', 64, 'Short name for addresses and file names, unique'),
      string('name', 255, 'Name of the company'),
      nullable(string('ic', 32, 'Company identification number')),
      nullable(string('email', 128, 'Address for alerts and reports')),
      nullable(string('zabbix_host', 255, 'Host name of the company in Zabbix')),
      nullable(text('logo', 'Logo as a data URL')),
      nullable(json('settings', 'Settings of the company')),
      now('DatCreate', 'When the record was created (UTC)'),
      nullable(datetime('DatUpdate', 'When the record was last changed (UTC)')),
    ]),
    createUniqueIndex('company', 'slug'),
  ],
  down: [dropTable('company')],
});
