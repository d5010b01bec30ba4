import * as failures from '../../src/cleanup/selection/failures.ts';
import { samplesOf } from './samples-of.ts';

export default samplesOf(failures, {
  noTable: [['job']],
  unreadableDependents: [
    ['invoice', null],
    ['books.invoice', 'books'],
  ],
  noColumn: [['artifacts', 'job_id']],
  notTransactional: [['artifacts', 'MyISAM', 'InnoDB', 'ALTER TABLE artifacts ENGINE=InnoDB']],
  indexesMissing: [
    [
      ['logger (created_at, id)'],
      ['create index "ix_logger_created_at_id" on "logger" ("created_at", "id")'],
    ],
  ],
  referenceUnseen: [['reports/job_note', 'job']],
});
