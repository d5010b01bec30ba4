import { setTimeout as sleep } from 'node:timers/promises';
import { dismissedDocument, overviewDocument, undismissedDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  dismissFinding,
  type Finding,
  type Level,
  overview,
  type Surroundings,
} from '../../overview/index.ts';
import {
  readArchiveSettings,
  readExportMaxAge,
  readHousekeeperSettings,
  settingsFileOf,
} from '../../settings/index.ts';
import { DUTY_NAMES, undismiss } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { commandLine } from '../next-words.ts';
import { wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

interface StatusOptions {
  readonly watch?: true;
  readonly interval: number;
}

export const status: CliCommand<StatusOptions> = {
  description: `Shows on one screen whether the database is well: a sentence for each thing to look after, and what to do about it.
Reads only. The exit status is 1 when something fails that nobody has dismissed.`,
  examples: [
    ['multiflexi-cli status', 'is everything well?'],
    ['multiflexi-cli status --watch', 'look again every ten seconds, until Ctrl-C'],
    ['multiflexi-cli status -f json', 'for scripts and monitoring'],
  ],
  options: (command) => {
    command
      .option('--watch', 'look again and again, until Ctrl-C')
      .option('--interval <seconds>', 'with --watch: how often', wholeNumber(1, 3_600), 10);
  },
  run: (options, terminal) => {
    const surroundings = surroundingsOf(terminal);
    return withDatabase(options, terminal, 'inspect', async (context) => {
      for (;;) {
        const found = await overview(context, { ...surroundings, now: Date.now() });
        if (options.watch && !terminal.json && process.stdout.isTTY)
          process.stdout.write('\u001b[H\u001b[2J');
        if (terminal.json) terminal.document(overviewDocument(found, commandLine));
        else for (const finding of found.findings) printFinding(finding, terminal);
        if (!options.watch) return found.isWell ? EXIT.done : EXIT.failed;
        await sleep(options.interval * 1_000, undefined, { signal: terminal.interrupted });
      }
    });
  },
};

const MARKS: Readonly<Record<Level, readonly [mark: string, style: 'green' | 'yellow' | 'red' | 'dim']>> = {
  ok: ['ok     ', 'green'],
  warn: ['warn   ', 'yellow'],
  fail: ['FAIL   ', 'red'],
  unknown: ['unknown', 'dim'],
};

function printFinding({ id, level, sentence, next, dismissed }: Finding, terminal: Terminal): void {
  const [mark, style] = MARKS[level];
  if (dismissed !== null) {
    terminal.print(`${terminal.styled('dim', 'accepted')} ${sentence} (${id}: ${dismissed})`);
    return;
  }
  terminal.print(
    `${terminal.styled(style, mark)}  ${sentence}${level === 'warn' || level === 'fail' ? ` [${id}]` : ''}`,
  );
  if (next !== null) terminal.print(`         ${commandLine(next)}`);
}

function surroundingsOf(terminal: Terminal): Surroundings {
  return {
    housekeeper: readHousekeeperSettings(terminal.settings, DUTY_NAMES),
    exportMaxAgeDays: readExportMaxAge(terminal.settings),
    archives: readArchiveSettings(terminal.settings).directory,
    settingsFile: settingsFileOf(terminal.settings),
    now: Date.now(),
  };
}

interface DismissOptions {
  readonly reason: string;
}

export const statusDismiss: CliCommand<DismissOptions> = {
  description: `Accepts a finding of status: it no longer counts as a fault, until it is more serious than now or half as much
again. status:restore takes that back.`,
  examples: [
    [
      'multiflexi-cli status:dismiss support --reason "upgrade planned for January"',
      'accept it as it is now',
    ],
  ],
  options: (command) => {
    command
      .argument('<finding>', 'its name, in square brackets in the status')
      .requiredOption('--reason <text>', 'why it is accepted');
  },
  run: (options, terminal, [id]) => {
    const surroundings = surroundingsOf(terminal);
    return withDatabase(options, terminal, 'change', async (context) => {
      const finding = await dismissFinding(context, surroundings, String(id), options.reason);
      if (terminal.json) terminal.document(dismissedDocument(finding, commandLine));
      else terminal.print(`Accepted: ${finding.sentence}`);
      return EXIT.done;
    });
  },
};

export const statusRestore: CliCommand = {
  description: 'Shows a finding as a fault again that was accepted with status:dismiss.',
  examples: [['multiflexi-cli status:restore support', 'take back what was accepted']],
  options: (command) => {
    command.argument('<finding>', 'its name');
  },
  run: (options, terminal, [id]) =>
    withDatabase(options, terminal, 'change', async (context) => {
      const was = await undismiss(context, String(id));
      if (terminal.json) terminal.document(undismissedDocument(String(id), was));
      else terminal.print(was ? `${String(id)} is shown again.` : `${String(id)} was not dismissed.`);
      return EXIT.done;
    }),
};
