import { id, now, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { createTable, dropTable } from '../operations/index.ts';

/**
 * Which installation this database is of, whatever its address: two have the same address, and one has several. The row
 * is written behind the migrations, not here: what a server's own function makes up would differ on its replicas.
 */
export default migration({
  version: '20261126213000',
  name: 'installation',
  up: [
    createTable('installation', 'Which installation this database belongs to; one row', [
      id('Always 1'),
      string('uuid', 36, 'Random, made once; archives, plans and backups carry it'),
      now('created_at', 'When it was made (UTC)'),
    ]),
  ],
  down: [dropTable('installation')],
});
