import * as failures from '../../src/cleanup/selection/failures.ts';
import { samplesOf } from './samples-of.ts';

export default samplesOf(failures, {
  indexesMissing: [
    [
      ['logger (created_at, id)'],
      ['create index "ix_logger_created_at_id" on "logger" ("created_at", "id")'],
    ],
  ],
  referenceUnseen: [['reports/job_note', 'job']],
});
