import {
  dutiesDocument,
  housekeeperHistoryDocument,
  housekeeperStatusDocument,
} from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { housekeeperStatus } from '../../housekeeper/index.ts';
import { readHousekeeperSettings } from '../../settings/index.ts';
import { DUTIES, DUTY_NAMES, listRuns } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { wholeNumber } from '../numbers.ts';
import { printHistory, printStatus } from './housekeeper-text.ts';

export const housekeeperStatusCommand: CliCommand = {
  description: `Shows on one screen whether the housekeeper does its work: who is running it, the last cycle and the next one, each
duty's last success and result, what is left, what fails and what to do. The exit status is 1 when a duty fails or
falls behind, or no cycle has ended for too long.`,
  examples: [
    ['multiflexi-cli housekeeper:status', 'for people'],
    ['multiflexi-cli housekeeper:status -f json', 'for Zabbix, Nagios and the like'],
  ],
  options: () => {},
  run: (options, terminal) => {
    const settings = readHousekeeperSettings(terminal.settings, DUTY_NAMES);
    return withDatabase(options, terminal, 'inspect', async (context) => {
      const now = Date.now();
      const status = await housekeeperStatus(context, settings, DUTIES, now);
      if (terminal.json) terminal.document(housekeeperStatusDocument(status));
      else printStatus(status, now, terminal);
      return status.problems.length === 0 ? EXIT.done : EXIT.failed;
    });
  },
};

interface HistoryOptions {
  readonly limit: number;
  readonly duty?: string;
}

export const housekeeperHistory: CliCommand<HistoryOptions> = {
  description: `Shows what the housekeeper and purges have done, newest first. Runs that found nothing to do share one line.`,
  examples: [
    ['multiflexi-cli housekeeper:history', 'the last 30 runs'],
    ['multiflexi-cli housekeeper:history --duty retention --limit 100', 'runs of one duty'],
  ],
  options: (command) => {
    command
      .option('--limit <number>', 'how many runs', wholeNumber(1, 10_000), 30)
      .option('--duty <name>', 'only runs of this duty');
  },
  run: ({ limit, duty, ...options }, terminal) =>
    withDatabase(options, terminal, 'inspect', async (context) => {
      const runs = await listRuns(context, limit, duty);
      if (terminal.json) terminal.document(housekeeperHistoryDocument(runs));
      else printHistory(runs, terminal);
      return EXIT.done;
    }),
};

export const housekeeperDuties: CliCommand = {
  description:
    'Lists the duties of the housekeeper in the order of a cycle, with the settings that they follow.',
  examples: [['multiflexi-cli housekeeper:duties', 'what a cycle does']],
  options: () => {},
  run: async (_, terminal) => {
    const { skipDuties } = readHousekeeperSettings(terminal.settings, DUTY_NAMES);
    const duties = DUTIES.map((duty) => ({ ...duty, isSkipped: skipDuties.includes(duty.name) }));
    if (terminal.json) terminal.document(dutiesDocument(duties));
    else
      for (const { name, summary, settings, isSkipped } of duties) {
        terminal.print(`${name}${isSkipped ? ' (skipped by the settings)' : ''}: ${summary}`);
        if (settings.length > 0) terminal.print(`    follows ${settings.join(', ')}`);
      }
    return EXIT.done;
  },
};
