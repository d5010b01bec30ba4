import { datetime, id, json, now, nullable, reference, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, createUniqueIndex, dropTable } from '../operations/index.ts';

export default migration({
  version: '20241206150119',
  name: 'credential_type',
  up: [
    createTable('credential_type', 'Company-level credential instances', [
      id('Key of the credential'),
      reference('company_id', 'company', 'cascade', 'Company the credential belongs to'),
      string('uuid', 36, 'Identifier that stays the same on every installation, unique'),
      string('name', 255, 'Name of the credential'),
      nullable(string('version', 64, 'Version of the prototype it was made from')),
      nullable(string('url', 255, 'Address of the service it opens')),
      nullable(string('logo', 255, 'Address of a logo')),
      nullable(json('fields', 'Values of the fields; secrets are stored encrypted by the platform')),
      now('created_at', 'When it was created (UTC)'),
      nullable(datetime('updated_at', 'When it was last changed (UTC)')),
    ]),
    createUniqueIndex('credential_type', 'uuid'),
    createIndex('credential_type', 'company_id'),
  ],
  down: [dropTable('credential_type')],
});
