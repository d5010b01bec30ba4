import { EXIT, MultiFlexiError } from '../../errors.ts';
import { type BreakpointChange, breakpoint } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { version, waitOption } from './migration-output.ts';

interface BreakpointOptions {
  readonly target?: string;
  readonly set?: true;
  readonly unset?: true;
  readonly removeAll?: true;
  readonly wait: number;
}

export const dbBreakpoint: CliCommand<BreakpointOptions> = {
  description: `Sets or removes a breakpoint, which a rollback stops at unless it is forced: on the newest applied migration,
or on the one that is named. Without --set or --unset it toggles.`,
  examples: [
    ['multiflexi-cli db:breakpoint', 'toggle it on the newest applied migration'],
    ['multiflexi-cli db:breakpoint --set -t 20221125095601', 'nobody rolls the table job back by accident'],
    ['multiflexi-cli db:breakpoint --remove-all', 'remove every breakpoint'],
  ],
  options: (command) => {
    waitOption(
      command
        .option('-t, --target <version>', 'the migration; the newest applied one without', version)
        .option('--set', 'set it')
        .option('--unset', 'remove it')
        .option('--remove-all', 'remove every breakpoint'),
    );
  },
  run: (options, terminal) => {
    const change = changeOf(options);
    return withDatabase(options, terminal, 'change', async (engine) => {
      const { target, wait } = options;
      const changed = await breakpoint(engine, change, {
        program: 'db:breakpoint',
        waitMs: wait * 1000,
        signal: terminal.interrupted,
        target,
      });
      if (terminal.json)
        terminal.document({
          breakpoints: changed.map(({ version: id, name, set }) => ({
            migration_id: id,
            migration_name: name,
            breakpoint: set,
          })),
        });
      for (const { version: id, name, set } of changed)
        terminal.print(`breakpoint ${set ? 'set' : 'removed'}: ${id} ${name}`);
      if (changed.length === 0) terminal.print('There is no breakpoint.');
      return EXIT.done;
    });
  },
};

function changeOf({ set, unset, removeAll, target }: BreakpointOptions): BreakpointChange {
  const asked = [set && 'set', unset && 'unset', removeAll && 'remove-all'].filter(
    (word) => word !== undefined,
  );
  if (asked.length > 1 || (removeAll && target !== undefined)) {
    throw new MultiFlexiError('USAGE', 'These options exclude each other.', {
      next: 'Give one of --set, --unset and --remove-all; --remove-all takes no version.',
    });
  }
  return (asked[0] as BreakpointChange | undefined) ?? 'toggle';
}
