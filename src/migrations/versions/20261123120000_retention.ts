import { boolean, datetime, id, integer, now, nullable, oneOf, reference, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { createIndex, createTable, dropIndex, dropTable } from '../operations/index.ts';

/** What is too old goes: by which rule, and what must stay. The indexes are those that its walks need. */
export default migration({
  version: '20261123120000',
  name: 'retention',
  up: [
    createTable('retention_policy', 'How long rows are kept, and of whom', [
      id('Key of the policy'),
      oneOf(
        'subject',
        16,
        ['job', 'logger', 'token', 'history'],
        'What is kept: job (with its artifacts and log entries), logger, token, history (of housekeeping runs)',
      ),
      nullable(reference('company_id', 'company', 'cascade', 'Whose rows; empty for all companies')),
      nullable(
        reference('run_template_id', 'run_template', 'cascade', 'Jobs of which run template; empty for all'),
      ),
      nullable(integer('max_age_days', 'Rows go when they are older than so many days; empty for no limit')),
      nullable(
        integer('keep_last', 'The newest so many stay, of jobs those of each run template; empty for none'),
      ),
      boolean('keep_last_success', 'Whether the last job of each run template that ended ok stays', true),
      oneOf('action', 16, ['delete', 'archive'], 'delete, or archive and then delete', 'delete'),
      boolean('enabled', 'Whether it is in force', true),
      nullable(string('note', 255, 'Note of the administrator')),
      now('created_at', 'When it was made (UTC)'),
      nullable(datetime('updated_at', 'When it was last changed (UTC)')),
    ]),
    createIndex('retention_policy', 'company_id'),
    createIndex('retention_policy', 'run_template_id'),
    createTable('retention_hold', 'What must not be deleted, whatever the policies say', [
      id('Key of the hold'),
      nullable(reference('job_id', 'job', 'cascade', 'The job that is held')),
      nullable(
        reference('run_template_id', 'run_template', 'cascade', 'The run template whose jobs are held'),
      ),
      nullable(
        reference('company_id', 'company', 'cascade', 'The company whose jobs and log entries are held'),
      ),
      nullable(datetime('until', 'Until when (UTC); empty for as long as it is there')),
      string('reason', 255, 'Why'),
      now('created_at', 'Since when (UTC)'),
    ]),
    createIndex('retention_hold', 'job_id'),
    createIndex('retention_hold', 'run_template_id'),
    createIndex('retention_hold', 'company_id'),
    createIndex('job', 'company_id', 'status', 'DatCreate', 'id'),
    createIndex('job', 'run_template_id', 'status', 'DatCreate', 'id'),
    createIndex('logger', 'company_id', 'created_at', 'id'),
    dropIndex('logger', 'company_id'),
  ],
  down: [
    createIndex('logger', 'company_id'),
    dropIndex('logger', 'company_id', 'created_at', 'id'),
    dropIndex('job', 'run_template_id', 'status', 'DatCreate', 'id'),
    dropIndex('job', 'company_id', 'status', 'DatCreate', 'id'),
    dropTable('retention_hold'),
    dropTable('retention_policy'),
  ],
});
