import { boolean, datetime, id, json, now, nullable, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { createTable, createUniqueIndex, dropTable } from '../operations/index.ts';

export default migration({
  version: '20160203130652',
  name: 'user',
  up: [
    createTable('user', 'Administrator and user accounts', [
      id('Key of the account'),
      boolean('enabled', 'Whether the account may log in', true),
      string('login', 64, 'Name to log in with, unique'),
      nullable(string('email', 128, 'Address for messages and password resets')),
      nullable(string('firstname', 64, 'First name')),
      nullable(string('lastname', 64, 'Last name')),
      nullable(string('password', 255, 'Hash of the password; never the password itself')),
      nullable(json('settings', 'Preferences of the user')),
      now('DatCreate', 'When the account was created (UTC)'),
      nullable(datetime('DatSave', 'When the account was last changed (UTC)')),
    ]),
    createUniqueIndex('user', 'login'),
  ],
  down: [dropTable('user')],
});
