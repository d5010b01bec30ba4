import { boolean, datetime, id, integer, json, now, nullable, reference, string, text } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, dropTable } from '../operations/index.ts';

export default migration({
  version: '20200520140330',
  name: 'run_template',
  up: [
    createTable('run_template', 'Job execution templates', [
      id('Key of the run template'),
      reference('app_id', 'applications', 'restrict', 'Application to run'),
      reference('company_id', 'company', 'restrict', 'Company to run it for'),
      string('name', 255, 'Name of the run template'),
      boolean('active', 'Whether the scheduler runs it', true),
      string(
        'interv',
        1,
        'How often: n never, i minutely, h hourly, d daily, w weekly, m monthly, y yearly, c by cron',
        'n',
      ),
      nullable(string('cron', 64, 'Cron expression, when interv is c')),
      integer('delay', 'Seconds to wait after the scheduled time', 0),
      string('executor', 32, 'Which executor runs the jobs', 'Native'),
      nullable(json('env', 'Environment variables of this run template')),
      nullable(text('success', 'What to do after a job that succeeded')),
      nullable(text('fail', 'What to do after a job that failed')),
      nullable(text('note', 'Note of the administrator')),
      nullable(datetime('last_schedule', 'When a job was last scheduled (UTC)')),
      nullable(datetime('next_schedule', 'When the next job is due (UTC)')),
      now('DatCreate', 'When the run template was created (UTC)'),
      nullable(datetime('DatSave', 'When it was last changed (UTC)')),
    ]),
    createIndex('run_template', 'app_id'),
    createIndex('run_template', 'company_id'),
    createIndex('run_template', 'next_schedule'),
  ],
  down: [dropTable('run_template')],
});
