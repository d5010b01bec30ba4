import {
  bigint,
  boolean,
  datetime,
  id,
  integer,
  json,
  now,
  nullable,
  oneOf,
  string,
  text,
} from '../columns.ts';
import { migration } from '../migration.ts';
import {
  addColumn,
  createIndex,
  createTable,
  createUniqueIndex,
  dropColumn,
  dropIndex,
  dropTable,
} from '../operations/index.ts';

const successful = nullable(
  integer('successful_jobs', 'Its jobs in the database that ended ok; empty until they are counted'),
);
const failed = nullable(
  integer('failed_jobs', 'Its jobs in the database that failed; empty until they are counted'),
);
const jobHost = nullable(string('host', 255, 'Computer that runs it; empty where the executor does not say'));
const runBytes = nullable(
  bigint('bytes', 'Bytes that it gave back or removed; empty where that is not known'),
);
const runError = nullable(text('error', 'Why it failed'));
const runNote = nullable(text('note', 'What it has to say'));
const runCount = integer('runs', 'How many runs the row is of: those that found nothing share one', 1);

/** Routine cleanup: what each duty did last, how big the tables were, and what its duties write elsewhere. */
export default migration({
  version: '20261127053500',
  name: 'housekeeper',
  up: [
    addColumn('run_template', successful),
    addColumn('run_template', failed),
    createIndex('run_template', 'active', 'next_schedule'),
    addColumn('job', jobHost),
    addColumn('housekeeping_run', runBytes),
    addColumn('housekeeping_run', runError),
    addColumn('housekeeping_run', runNote),
    addColumn('housekeeping_run', runCount),
    createIndex('housekeeping_run', 'outcome', 'duty'),
    createTable('housekeeping_duty', 'What each duty of the housekeeper did last', [
      id('Key of the row'),
      string('duty', 32, 'Name of the duty, unique'),
      datetime('ended_at', 'When it last ended (UTC)'),
      nullable(datetime('succeeded_at', 'When it last ended well (UTC)')),
      oneOf('outcome', 16, ['done', 'time budget', 'interrupted', 'failed'], 'How it last ended'),
      integer('failures', 'How often in a row it has failed', 0),
      integer('unfinished', 'How often in a row its time was up before its work was done', 0),
      nullable(bigint('rows_changed', 'Rows or files that it changed, deleted or found last')),
      nullable(bigint('bytes', 'Bytes that it gave back or removed last; empty where that is not known')),
      nullable(bigint('backlog', 'Rows that it has left; empty where that is not known')),
      bigint('milliseconds', 'How long it took'),
      nullable(text('error', 'Why it failed')),
      nullable(text('note', 'What it has to say')),
      nullable(json('position', 'Where it continues')),
      nullable(
        bigint(
          'empty_run_id',
          'Run in the history that counts its runs without work; empty after one with work',
        ),
      ),
    ]),
    createUniqueIndex('housekeeping_duty', 'duty'),
    createTable('size_sample', 'How big the tables were, hour by hour and later day by day', [
      id('Key of the sample'),
      now('taken_at', 'When it was taken (UTC)'),
      string('table_name', 64, 'The table; empty text for the database as a whole'),
      nullable(bigint('row_count', 'Its rows; empty where that is not known')),
      boolean('rows_exact', 'Whether they were counted; otherwise the engine has estimated them', false),
      nullable(bigint('data_bytes', 'Bytes of its rows')),
      nullable(bigint('index_bytes', 'Bytes of its indexes')),
      bigint('total_bytes', 'Bytes of all of it'),
      nullable(bigint('free_bytes', 'Bytes of that which are free; empty where that is not known')),
      nullable(
        bigint('disk_free', 'Bytes free on the disk of the database; only in the sample of the whole'),
      ),
    ]),
    createIndex('size_sample', 'taken_at', 'id'),
    createIndex('size_sample', 'table_name', 'taken_at'),
    createTable('dismissed_finding', 'Findings of the overview that somebody has looked at and accepted', [
      id('Key of the row'),
      string('finding', 128, 'Which finding, unique'),
      oneOf('level', 16, ['warn', 'fail'], 'How serious it was then: a worse one is shown again'),
      nullable(bigint('measure', 'How much it was then, in a unit of its own: much more is shown again')),
      string('reason', 255, 'Why it is accepted'),
      now('created_at', 'When it was dismissed (UTC)'),
    ]),
    createUniqueIndex('dismissed_finding', 'finding'),
  ],
  down: [
    dropTable('dismissed_finding'),
    dropTable('size_sample'),
    dropTable('housekeeping_duty'),
    dropIndex('housekeeping_run', 'outcome', 'duty'),
    dropColumn('housekeeping_run', runCount),
    dropColumn('housekeeping_run', runNote),
    dropColumn('housekeeping_run', runError),
    dropColumn('housekeeping_run', runBytes),
    dropColumn('job', jobHost),
    dropIndex('run_template', 'active', 'next_schedule'),
    dropColumn('run_template', failed),
    dropColumn('run_template', successful),
  ],
});
