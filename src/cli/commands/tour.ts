import { openEngine } from '../../engines/index.ts';
import { EXIT } from '../../errors.ts';
import { readSettings } from '../../settings/index.ts';
import {
  loadSample,
  measureSize,
  type PruneRules,
  planPrune,
  readStatus,
  runMigrate,
  runPurge,
  type TaskContext,
} from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { contextOf } from '../database.ts';
import { tourHasNoJson } from '../failures.ts';
import { counted } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { printSize } from './db-size.ts';
import { printStatus } from './db-status.ts';
import { printPurge, printPurgePlan } from './purge-output.ts';
import { printSample } from './sample-load.ts';

const KEEP = 10_000;
const SAMPLE = { jobs: 20_000, days: 180, seed: 1 };

export const tour: CliCommand = {
  description: `Demonstrates the program on the embedded SQLite database in your data directory: migrates it, fills it with a
sample history, shows what prune would delete, prunes, and compares the sizes. A database that is not new is only
migrated and looked at. One named in settings is not touched.`,
  examples: [['multiflexi-cli tour', 'run it, without any question']],
  options: () => {},
  run: async (_options, terminal) => {
    if (terminal.json) throw tourHasNoJson();
    // Only where to keep user data is taken from the environment: a configured database is not for trying things on.
    const { XDG_DATA_HOME, HOME } = terminal.settings.environment;
    const settings = readSettings({ environment: { XDG_DATA_HOME, HOME }, defaultFile: '' });
    const engine = await openEngine(settings, 'create', await terminal.statementLog());
    try {
      await walk(contextOf(engine, terminal), terminal);
    } finally {
      terminal.endProgress();
      await engine.close();
    }
    return EXIT.done;
  },
};

async function walk(context: TaskContext, terminal: Terminal): Promise<void> {
  const { engine } = context;
  heading(terminal, '1. The schema', 'db:migrate');
  const before = await readStatus(context);
  const { migrations } = await runMigrate(context, { waitMs: 60_000, backup: null });
  terminal.print(
    migrations.length > 0 ? `${counted(migrations.length, 'migration')} applied.` : 'Already up to date.',
  );
  // What was there before may be somebody's own: such a database is looked at, and neither filled nor pruned.
  const isNew = before.kind === 'empty';

  if (isNew) {
    heading(
      terminal,
      '2. A sample history, because the database is new',
      'sample:load --jobs 20000 --days 180 --seed 1',
    );
    printSample(await loadSample(context, SAMPLE), terminal);
  }

  heading(terminal, '3. The migrations', 'db:status');
  printStatus(await readStatus(context), engine, terminal);

  heading(terminal, '4. How big it is', 'db:size');
  printSize(engine, await measureSize(context, true), terminal);

  heading(terminal, '5. What prune would delete', `prune --logs --jobs --keep ${KEEP} --dry-run`);
  const planned = await planPrune(context, keepNewest(KEEP), {
    percent: 100,
    skipOversized: false,
    archiveAll: false,
  });
  printPurgePlan(planned, terminal);

  if (isNew) {
    heading(terminal, '6. Pruning', `prune --logs --jobs --keep ${KEEP} --yes`);
    printPurge(await runPurge(context, planned, { confirmed: [], waitMs: 0 }), terminal);

    heading(terminal, '7. How big it is now', 'db:size');
    printSize(engine, await measureSize(context, true), terminal);
    terminal.print(
      'The space of deleted rows is now free inside the file and will be reused before it grows. db:reclaim gives it back to the disk.',
    );
  } else {
    terminal.print(
      '\nThis database already existed, so the tour only looked at it. For the whole tour, use another data directory:\n  XDG_DATA_HOME=$(mktemp -d) npm start',
    );
  }

  terminal.print(`
Next, on this database (${engine.where}):
  npx multiflexi-cli db:status
  npx multiflexi-cli prune --logs --jobs --keep 5000 --dry-run
  npx multiflexi-cli db:rollback --dry-run
On a server: set DB_CONNECTION, DB_HOST, DB_DATABASE, DB_USERNAME and DB_PASSWORD (docs/settings.md).
All commands: npx multiflexi-cli --help`);
}

/** Between two parts is where the tour can be left. */
function heading(terminal: Terminal, title: string, command: string): void {
  terminal.interrupted.throwIfAborted();
  terminal.print(`\n${terminal.styled('bold', title)}  (multiflexi-cli ${command})`);
}

function keepNewest(keep: number): PruneRules {
  return {
    logs: true,
    jobs: true,
    keep,
    keepPerTemplate: null,
    keepLastSuccess: false,
    olderThan: null,
    statuses: null,
    company: null,
  };
}
