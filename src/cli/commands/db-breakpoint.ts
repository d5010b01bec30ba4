import { breakpointsDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { type BreakpointChange, changeBreakpoint } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { breakpointOptionsExclude } from '../failures.ts';
import { version, waitOption } from './migration-options.ts';

interface BreakpointOptions {
  readonly target?: string;
  readonly set?: true;
  readonly unset?: true;
  readonly removeAll?: true;
  readonly wait: number;
}

export const dbBreakpoint: CliCommand<BreakpointOptions> = {
  description: `Sets or removes a breakpoint on the newest applied migration or on the one given. Rollbacks stop at a breakpoint
unless forced. Without --set or --unset, it is toggled.`,
  examples: [
    ['multiflexi-cli db:breakpoint', 'toggle the breakpoint of the newest applied migration'],
    [
      'multiflexi-cli db:breakpoint --set -t 20221125095601',
      'so that nobody drops the job table by accident',
    ],
    ['multiflexi-cli db:breakpoint --remove-all', 'remove every breakpoint'],
  ],
  options: (command) => {
    waitOption(
      command
        .option('-t, --target <version>', 'the migration (default: the newest applied one)', version)
        .option('--set', 'set it')
        .option('--unset', 'remove it')
        .option('--remove-all', 'remove every breakpoint'),
    );
  },
  run: (options, terminal) => {
    const change = changeOf(options);
    return withDatabase(options, terminal, 'change', async (context) => {
      const { target, wait } = options;
      const changed = await changeBreakpoint(context, { change, target, waitMs: wait * 1000 });
      if (terminal.json) terminal.document(breakpointsDocument(changed));
      for (const { version: id, name, set } of changed)
        terminal.print(`breakpoint ${set ? 'set' : 'removed'}: ${id} ${name}`);
      if (changed.length === 0) terminal.print('There are no breakpoints.');
      return EXIT.done;
    });
  },
};

function changeOf({ set, unset, removeAll, target }: BreakpointOptions): BreakpointChange {
  const asked = [set && 'set', unset && 'unset', removeAll && 'remove-all'].filter(
    (word) => word !== undefined,
  );
  if (asked.length > 1 || (removeAll && target !== undefined)) throw breakpointOptionsExclude();
  return (asked[0] as BreakpointChange | undefined) ?? 'toggle';
}
