import { kindOfRun, planPurge, sameForAll } from '../../cleanup/index.ts';
import { type Engine, openEngine } from '../../engines/index.ts';
import { EXIT, MultiFlexiError } from '../../errors.ts';
import { measure } from '../../maintenance/index.ts';
import { MIGRATIONS, migrate, readStatus } from '../../migrations/index.ts';
import { loadSample } from '../../sample/index.ts';
import { FINISHED } from '../../schema/index.ts';
import { readSettings } from '../../settings/index.ts';
import type { CliCommand } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { printSize } from './db-size.ts';
import { printStatus } from './db-status.ts';
import { announce } from './migration-output.ts';
import { printPurgePlan, printPurgeResult } from './purge-output.ts';
import { runPurge } from './purge-run.ts';
import { lastMidnight, printSample } from './sample-load.ts';

const KEEP = 10_000;
const SAMPLE = { jobs: 20_000, days: 180, seed: 1 };

export const tour: CliCommand = {
  description: `Shows the main job from end to end on the embedded SQLite database of your data directory: migrates it, fills
it with a sample history, shows what prune would delete, prunes, and compares the sizes. A database that is not
new is migrated and looked at, no more; one named in settings is not touched at all.`,
  examples: [['multiflexi-cli tour', 'the whole way, no question asked']],
  options: () => {},
  run: async (_options, terminal) => {
    if (terminal.json)
      throw new MultiFlexiError('USAGE', 'The tour is for people: it has no JSON.', {
        next: 'Call the commands it shows with -f json.',
      });
    // Only where to keep user data is taken from the environment: a configured database is not for trying things on.
    const settings = readSettings({
      environment: { XDG_DATA_HOME: process.env.XDG_DATA_HOME, HOME: process.env.HOME },
      defaultFile: '',
    });
    const engine = await openEngine(settings, 'create', await terminal.statementLog());
    try {
      await walk(engine, terminal);
    } finally {
      await engine.close();
    }
    return EXIT.done;
  },
};

async function walk(engine: Engine, terminal: Terminal): Promise<void> {
  heading(terminal, '1. The schema', 'db:migrate');
  const signal = terminal.interrupted;
  const applied = await migrate(engine, {
    program: 'tour',
    waitMs: 60_000,
    signal,
    onProgress: announce(terminal),
  });
  terminal.print(applied.length > 0 ? `${applied.length} migrations applied.` : 'Up to date already.');
  // What was there before may be somebody's own: such a database is looked at, and neither filled nor pruned.
  const isNew = applied.length === MIGRATIONS.length;

  if (isNew) {
    heading(
      terminal,
      '2. A sample history, because the database is new',
      'sample:load --jobs 20000 --days 180 --seed 1',
    );
    printSample(
      await loadSample(engine, { ...SAMPLE, until: lastMidnight(), force: false, signal }),
      terminal,
    );
  }

  heading(terminal, '3. The migrations', 'db:status');
  printStatus(await readStatus(engine, MIGRATIONS), engine, terminal);

  heading(terminal, '4. How big it is', 'db:size');
  printSize(engine, await measure(engine, { exact: true, signal }), terminal);

  heading(terminal, '5. What prune would delete', `prune --logs --jobs --keep ${KEEP} --dry-run`);
  const plan = await planPurge(engine, keepNewest(KEEP));
  printPurgePlan(plan, terminal);

  if (isNew) {
    heading(terminal, '6. Pruning', `prune --logs --jobs --keep ${KEEP} --yes`);
    const { result } = await runPurge(
      { program: 'tour', engine, plan, kind: kindOfRun('prune', ['tour', KEEP]), archive: undefined },
      { wait: 0 },
      terminal,
    );
    printPurgeResult(result, terminal);

    heading(terminal, '7. How big it is now', 'db:size');
    printSize(engine, await measure(engine, { exact: true, signal }), terminal);
    terminal.print(
      'What was deleted is free inside the file now, and is used again before the file grows; db:reclaim gives it to the disk.',
    );
  } else {
    terminal.print('\nThis database was here before, so the tour only looked at it.');
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

function keepNewest(keep: number) {
  return sameForAll(
    null,
    { keep, keepPerTemplate: null, keepLastSuccess: false, olderThan: null, statuses: FINISHED },
    { keep, keepPerCompany: null, olderThan: null },
  );
}
