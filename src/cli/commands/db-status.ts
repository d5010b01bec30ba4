import type { Engine } from '../../engines/index.ts';
import { EXIT } from '../../errors.ts';
import {
  foreignError,
  MIGRATIONS,
  type MigrationStatus,
  readStatus,
  type Status,
} from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export const dbStatus: CliCommand = {
  description: `Shows every migration: up is applied, down is pending. Never writes.
Exit status: 0 all are applied, 2 the ledger has one whose file is missing here, 3 some are pending.`,
  examples: [
    ['multiflexi-cli db:status', 'the migrations of the configured database'],
    ['multiflexi-cli db:status -f json', 'the same for a script'],
  ],
  options: () => {},
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (engine) => {
      const status = await readStatus(engine, MIGRATIONS);
      if (terminal.json) terminal.document(document(status));
      else printStatus(status, engine, terminal);
      if (status.missing > 0) return EXIT.missingMigration;
      return status.pending > 0 ? EXIT.pendingMigrations : EXIT.done;
    }),
};

/** The names of Phinx, so that scripts carry over; what is ours comes after them. */
function document(status: Status) {
  return {
    pending_count: status.pending,
    missing_count: status.missing,
    total_count: status.migrations.length,
    changed_count: status.changed,
    newer_than_program: status.newerThanProgram,
    database_kind: status.kind,
    migrations: status.migrations.map((migration) => ({
      migration_status: migration.status === 'up' ? 'up' : 'down',
      migration_id: migration.version,
      migration_name: migration.name,
      state: migration.status,
      direction: migration.direction,
      steps_done: migration.progress?.step ?? null,
      steps_total: migration.progress?.steps ?? null,
      started: migration.started,
      finished: migration.finished,
      breakpoint: migration.breakpoint,
      missing: migration.missing,
      changed_at_step: migration.changedAt,
      out_of_order: migration.outOfOrder,
      error: migration.error,
    })),
  };
}

export function printStatus(status: Status, { where, product }: Engine, terminal: Terminal): void {
  terminal.print(`${product}, ${where}`);
  const foreign = foreignError(status.kind, where);
  if (foreign)
    terminal.say(
      `${terminal.styled('yellow', 'Note:', process.stderr)} ${foreign.message} Every command that would change it is refused.`,
    );
  const columns = ['Status', 'Migration ID', 'Started', 'Finished', 'Migration Name'].map((title) => ({
    title,
  }));
  terminal.print(
    textTable(
      columns,
      status.migrations.flatMap((migration) => row(migration, terminal)),
    ),
  );
  terminal.print(
    `${status.migrations.length} migrations, ${status.pending} pending, ${status.missing} missing`,
  );
  if (status.newerThanProgram) terminal.say('The database is newer than this program: upgrade the program.');
  const goingDown = status.migrations.find(({ direction }) => direction === 'down');
  if (goingDown)
    terminal.say(`Finish the rollback of ${goingDown.version} first: multiflexi-cli db:rollback`);
  else if (status.pending > 0 && !foreign) terminal.say('Apply what is pending: multiflexi-cli db:migrate');
}

function row(migration: MigrationStatus, terminal: Terminal): string[][] {
  const word = migration.status;
  const colour = word === 'up' ? 'green' : word === 'down' ? 'yellow' : 'red';
  const notes = [
    migration.missing ? '** MISSING MIGRATION FILE **' : '',
    migration.changedAt === null ? '' : `** CHANGED SINCE APPLIED, AT STEP ${migration.changedAt} **`,
    migration.outOfOrder ? 'out of order: a newer one is applied' : '',
    migration.progress
      ? `${migration.status === 'running' ? 'running now, or cut off' : 'half way'} ${migration.direction}: ${migration.progress.step} of ${migration.progress.steps} steps done`
      : '',
    migration.error && migration.status !== 'up' ? migration.error : '',
  ].filter((note) => note !== '');
  const line = [
    terminal.styled(colour, word.padStart(6)),
    migration.version,
    migration.started?.slice(0, 19) ?? '',
    migration.finished?.slice(0, 19) ?? '',
    [migration.name, ...notes].join('  '),
  ];
  return migration.breakpoint ? [line, ['', 'BREAKPOINT SET', '', '', '']] : [line];
}
