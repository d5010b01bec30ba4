import * as failures from '../../src/cleanup/plan/failures.ts';
import { samplesOf, WHERE } from './samples-of.ts';

export default samplesOf(failures, {
  notAPlan: [['/root/plan.json']],
  moreRows: [['job', 1_000, 1_200]],
  moreDependents: [['invoice', 0, 12]],
  planOfAnother: [[WHERE, 'database test at db.example.com:3306']],
  noSuchJob: [[12n]],
});
