import { datetime, id, now, nullable, reference, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, createUniqueIndex, dropTable } from '../operations/index.ts';

export default migration({
  version: '20221012185432',
  name: 'token',
  up: [
    createTable('token', 'API authentication tokens', [
      id('Key of the token'),
      reference('user_id', 'user', 'cascade', 'Account the token stands for'),
      string('token', 128, 'Hash of the token, unique'),
      now('start', 'From when it is valid (UTC)'),
      nullable(datetime('until', 'Until when it is valid (UTC); empty for ever')),
    ]),
    createUniqueIndex('token', 'token'),
    createIndex('token', 'user_id'),
    createIndex('token', 'until'),
  ],
  down: [dropTable('token')],
});
