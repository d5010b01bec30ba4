import { datetime, id, integer, json, now, nullable, oneOf, reference, string, text } from '../columns.ts';
import { migration } from '../migration.ts';
import { addColumn, createIndex, createTable, dropColumn, dropTable } from '../operations/index.ts';

/** The table `logger` is older than `job`; from here on an entry can say which job it is of, and goes with it. */
const loggerJob = nullable(
  reference('job_id', 'job', 'cascade', 'Job the entry is of; it is deleted with the job'),
);

export default migration({
  version: '20221125095601',
  name: 'job',
  up: [
    createTable('job', 'Individual job execution records', [
      id('Key of the job'),
      nullable(reference('run_template_id', 'run_template', 'restrict', 'Run template the job came from')),
      reference('app_id', 'applications', 'restrict', 'Application that was run'),
      reference('company_id', 'company', 'restrict', 'Company it was run for'),
      oneOf(
        'status',
        16,
        ['waiting', 'running', 'ok', 'failed', 'canceled'],
        'waiting, running, ok, failed or canceled; maintenance never deletes the first two',
        'waiting',
      ),
      now('DatCreate', 'When the job was created (UTC); its age counts from here'),
      nullable(datetime('schedule', 'When it is to start (UTC)')),
      nullable(datetime('begin', 'When it started (UTC)')),
      nullable(datetime('end', 'When it ended (UTC)')),
      nullable(integer('exitcode', 'Exit code of the command')),
      nullable(text('command', 'Command line as it was run')),
      nullable(json('env', 'Environment the command was run with')),
      string('executor', 32, 'Executor that ran it', 'Native'),
      nullable(integer('pid', 'Process id while it runs')),
      nullable(
        reference('launched_by', 'user', 'set null', 'Account that launched it; empty for the scheduler'),
      ),
      nullable(string('schedule_type', 32, 'What launched it: cron, interval, manual, api')),
      nullable(string('app_version', 64, 'Version of the application at that time')),
    ]),
    createIndex('job', 'DatCreate', 'id'),
    createIndex('job', 'status', 'DatCreate', 'id'),
    createIndex('job', 'run_template_id', 'DatCreate', 'id'),
    createIndex('job', 'company_id', 'DatCreate', 'id'),
    createIndex('job', 'app_id'),
    createIndex('job', 'launched_by'),
    addColumn('logger', loggerJob),
  ],
  down: [dropColumn('logger', loggerJob), dropTable('job')],
});
