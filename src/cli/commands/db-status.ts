import { statusDocument } from '../../documents/index.ts';
import type { Engine } from '../../engines/index.ts';
import { EXIT } from '../../errors.ts';
import { type MigrationStatus, readStatus, type SchemaStatus } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { counted } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export const dbStatus: CliCommand = {
  description: `Shows every migration: up is applied, down is pending. Never writes.
Exit status: 0 if all are applied, 3 if some are pending, 2 if the ledger has one whose file is missing.`,
  examples: [
    ['multiflexi-cli db:status', 'the migrations of the configured database'],
    ['multiflexi-cli db:status -f json', 'the same as JSON, for a script'],
  ],
  options: () => {},
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (context) => {
      const status = await readStatus(context);
      if (terminal.json) terminal.document(statusDocument(status));
      else printStatus(status, context.engine, terminal);
      if (status.missing > 0) return EXIT.missingMigration;
      return status.pending > 0 ? EXIT.pendingMigrations : EXIT.done;
    }),
};

export function printStatus(
  status: SchemaStatus,
  { where, product }: Pick<Engine, 'where' | 'product'>,
  terminal: Terminal,
): void {
  terminal.print(`${product}, ${where}`);
  const { foreign } = status;
  if (foreign)
    terminal.say(
      `${terminal.styled('yellow', 'Note:', process.stderr)} ${foreign.message} Commands that would change it are refused.`,
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
    `${counted(status.migrations.length, 'migration')}, ${status.pending} pending, ${status.missing} missing`,
  );
  if (status.newerThanProgram)
    terminal.say(
      'The database is newer than this program: upgrade the program, or revert with multiflexi-cli db:rollback --unknown.',
    );
  const goingDown = status.migrations.find(({ direction }) => direction === 'down');
  if (goingDown)
    terminal.say(`Finish the rollback of ${goingDown.version} first, with multiflexi-cli db:rollback`);
  else if (status.pending > 0 && !foreign)
    terminal.say('To apply pending migrations: multiflexi-cli db:migrate');
}

function row(migration: MigrationStatus, terminal: Terminal): string[][] {
  const word = migration.status;
  const colour = word === 'up' ? 'green' : word === 'down' ? 'yellow' : 'red';
  const notes = [
    migration.missing ? '** MISSING MIGRATION FILE **' : '',
    migration.changedAt === null ? '' : `** CHANGED SINCE APPLIED, AT STEP ${migration.changedAt} **`,
    migration.outOfOrder ? 'out of order: a newer one is applied' : '',
    migration.progress
      ? `${migration.status === 'running' ? 'running now, or interrupted,' : 'interrupted'} after ${migration.progress.step} of ${counted(migration.progress.steps, 'step')} ${migration.direction}`
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
