import { binary, id, now, nullable, reference, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, dropTable } from '../operations/index.ts';

export default migration({
  version: '20241209204404',
  name: 'artifacts',
  up: [
    createTable('artifacts', 'Job output files (stdout, stderr, results)', [
      id('Key of the artifact'),
      reference('job_id', 'job', 'cascade', 'Job that left it; it is deleted with the job'),
      string('filename', 255, 'Name of the file, as stdout.txt'),
      string('content_type', 128, 'Media type of the content', 'text/plain'),
      nullable(binary('content', 'The content, byte for byte')),
      nullable(string('note', 255, 'Note on the artifact')),
      now('created_at', 'When it was stored (UTC)'),
    ]),
    createIndex('artifacts', 'job_id'),
  ],
  down: [dropTable('artifacts')],
});
