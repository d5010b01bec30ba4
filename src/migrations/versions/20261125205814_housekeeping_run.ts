import { bigint, datetime, id, integer, now, nullable, oneOf, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, dropTable } from '../operations/index.ts';

/** What purges have done, run by run: from it follows whether a backlog becomes smaller. */
export default migration({
  version: '20261125205814',
  name: 'housekeeping_run',
  up: [
    createTable('housekeeping_run', 'Runs of purges and other housekeeping', [
      id('Key of the run'),
      string('duty', 32, 'What ran, as prune or retention'),
      string('what', 32, 'Digest of its rules without their instants: runs of the same rules have the same'),
      now('started_at', 'When it began (UTC)'),
      nullable(
        datetime('finished_at', 'When it ended (UTC); empty while it runs, and for one that was killed'),
      ),
      oneOf(
        'outcome',
        16,
        ['running', 'done', 'time budget', 'interrupted', 'failed'],
        'How it ended; one that was killed says running for ever',
        'running',
      ),
      bigint('expected_rows', 'Rows that were to be deleted when it began'),
      bigint('deleted_rows', 'Rows that it has deleted', 0),
      string('host', 255, 'Computer on which it ran'),
      integer('pid', 'Its process there'),
    ]),
    createIndex('housekeeping_run', 'duty', 'what', 'started_at', 'id'),
    createIndex('housekeeping_run', 'started_at', 'id'),
  ],
  down: [dropTable('housekeeping_run')],
});
