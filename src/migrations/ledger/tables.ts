/**
 * The tables of the ledger, and their rows as queries see them. They change in one way alone: a nullable column
 * is added at the end. So an older program reads and writes a newer ledger, and a newer one completes an older.
 */
import type { TableDefinition } from '../../engines/index.ts';
import { boolean, datetime, integer, json, now, nullable, oneOf, string, text } from '../columns.ts';

export const LEDGER = 'multiflexi_migration';
export const STEPS = 'multiflexi_migration_step';

export const LEDGER_TABLES: readonly TableDefinition[] = [
  {
    name: LEDGER,
    comment: 'Which migrations this database has; kept by multiflexi-cli',
    primaryKey: ['version'],
    columns: [
      string('version', 14, 'Version of the migration, YYYYMMDDHHMMSS'),
      string('name', 255, 'Name of the migration'),
      oneOf(
        'state',
        16,
        ['running', 'applied', 'failed'],
        'applied, or running or failed in the given direction',
      ),
      oneOf('direction', 4, ['up', 'down'], 'Which way it was last run'),
      integer('step', 'How many of its steps are done'),
      integer('steps', 'How many steps it has'),
      now('started_at', 'When it was started (UTC)'),
      nullable(datetime('finished_at', 'When it was finished (UTC)')),
      string('program_version', 32, 'Version of the program that ran it'),
      string('host', 255, 'Host it was run on'),
      boolean('breakpoint', 'Whether a rollback stops here', false),
      nullable(text('error', 'Why it failed')),
    ],
  },
  {
    name: STEPS,
    comment: 'The steps of those migrations: what was run, and what would revert it',
    primaryKey: ['version', 'direction', 'position'],
    columns: [
      string('version', 14, 'Version of the migration'),
      oneOf('direction', 4, ['up', 'down'], 'up as it was run, down as it would be'),
      integer('position', 'Place of the step, from 1'),
      string('summary', 255, 'What the step does'),
      text('statement', 'Its SQL on this engine'),
      string('hash', 80, 'Hash of the statement, with the number of the method'),
      nullable(json('detail', 'What the step touches, destroys and blocks')),
    ],
  },
];

export interface LedgerRow {
  version: string;
  name: string;
  state: 'running' | 'applied' | 'failed';
  direction: 'up' | 'down';
  step: number;
  steps: number;
  started_at: string;
  finished_at: string | null;
  program_version: string;
  host: string;
  breakpoint: boolean;
  error: string | null;
}

export interface StepRow {
  version: string;
  direction: 'up' | 'down';
  position: number;
  summary: string;
  statement: string;
  hash: string;
  detail: string | null;
}

export interface LedgerSchema {
  [LEDGER]: LedgerRow;
  [STEPS]: StepRow;
}
