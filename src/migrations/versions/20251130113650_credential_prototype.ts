import { datetime, id, json, now, nullable, reference, string, text } from '../columns.ts';
import { migration } from '../migration.ts';
import { addColumn, createTable, createUniqueIndex, dropColumn, dropTable } from '../operations/index.ts';

const prototypeOfType = nullable(
  reference(
    'credential_prototype_id',
    'credential_prototype',
    'set null',
    'Prototype the credential was made from',
  ),
);

export default migration({
  version: '20251130113650',
  name: 'credential_prototype',
  up: [
    createTable('credential_prototype', 'Credential type definitions (JSON-based)', [
      id('Key of the prototype'),
      string('uuid', 36, 'Identifier that stays the same on every installation, unique'),
      string('code', 64, 'Short code of the prototype, unique'),
      string('name', 255, 'Name of the prototype'),
      nullable(text('description', 'What it gives access to')),
      nullable(string('version', 64, 'Version of the definition')),
      nullable(string('url', 255, 'Address of the service')),
      nullable(string('homepage', 255, 'Address of the project')),
      nullable(string('logo', 255, 'Address of a logo')),
      nullable(string('tags', 255, 'Words to find the prototype by')),
      json('definition', 'The fields a credential of this prototype has'),
      now('created_at', 'When it was registered (UTC)'),
      nullable(datetime('updated_at', 'When it was last changed (UTC)')),
    ]),
    createUniqueIndex('credential_prototype', 'uuid'),
    createUniqueIndex('credential_prototype', 'code'),
    addColumn('credential_type', prototypeOfType),
  ],
  down: [dropColumn('credential_type', prototypeOfType), dropTable('credential_prototype')],
});
