import { id, now, nullable, reference, string, text } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, dropTable } from '../operations/index.ts';

export default migration({
  version: '20200704143315',
  name: 'logger',
  up: [
    createTable('logger', 'Job execution log entries', [
      id('Key of the entry'),
      nullable(reference('company_id', 'company', 'set null', 'Company the entry is about')),
      nullable(reference('user_id', 'user', 'set null', 'Account that was at work')),
      string('severity', 16, 'debug, info, notice, warning, error or critical', 'info'),
      nullable(string('venue', 255, 'Part of the platform that wrote the entry')),
      text('message', 'The message'),
      now('created_at', 'When the entry was written (UTC)'),
    ]),
    createIndex('logger', 'created_at', 'id'),
    createIndex('logger', 'company_id'),
    createIndex('logger', 'user_id'),
  ],
  down: [dropTable('logger')],
});
