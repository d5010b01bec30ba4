import { plannedSwitchDocument, switchDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { type NamedDatabase, readOtherDatabase, readSettings, settingsFileOf } from '../../settings/index.ts';
import {
  noSettingsFile,
  planSwitch,
  runSwitch,
  type SwitchOutcome,
  type SwitchPlan,
  type SwitchRequest,
  settingsToReturnBy,
} from '../../tasks/index.ts';
import { fileName, notBlank } from '../arguments.ts';
import { confirming } from '../asking.ts';
import type { CliCommand } from '../command.ts';
import { consentLines } from '../consent-lines.ts';
import { withDatabase } from '../database.ts';
import { switchWhereTo } from '../failures.ts';
import { commandLine } from '../next-words.ts';
import { bytes, counted, seconds, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { waitOption } from './migration-options.ts';

interface SwitchOptions {
  readonly to?: string;
  readonly toEnv?: string;
  readonly back?: true;
  readonly maxStop?: number;
  readonly except?: string[];
  readonly dryRun?: true;
  readonly wait: number;
}

export const dbSwitch: CliCommand<SwitchOptions> = {
  description: `Copies the database to another one, of the same kind or another, and replaces the DB_* settings in the settings file when the
copy is verified. All rows are copied while the platform runs; then its writes wait while what changed meanwhile is copied and
compared. The old settings are saved beside the file, and the old database stays as it was: --back returns to it with what was
written since. After an interruption, the same command continues. A password is read from OTHER_DB_PASSWORD or from the file
of --to-env. Exit status: 5 if something stands in the way, 7 if the copy differs; the platform then keeps its database.`,
  examples: [
    [
      'multiflexi-cli db:switch --to-env new.env --dry-run',
      'check both databases and every value; show estimates, change nothing',
    ],
    [
      'multiflexi-cli db:switch --to-env new.env',
      'change to the database whose DB_* settings are in new.env',
    ],
    [
      'OTHER_DB_PASSWORD=… multiflexi-cli db:switch --to mysql://multiflexi@db1/multiflexi --max-stop 30',
      'the same by a URL, if writes wait at most 30 seconds',
    ],
    ['multiflexi-cli db:switch --back', 'return to the database that was used before'],
  ],
  options: (command) => {
    waitOption(
      command
        .option(
          '--to <url>',
          'the other database: sqlite:///FILE, mysql://USER@HOST/DATABASE, pgsql://…',
          notBlank,
        )
        .option('--to-env <file>', 'the file with DB_* settings of the other database', fileName)
        .option('--back', 'return to the database that was used before')
        .option(
          '--max-stop <seconds>',
          "how long the platform's writes may wait; no change if it would take longer",
          wholeNumber(1, 86_400),
        )
        .option('--except <names...>', 'tables, views, triggers or TABLE.COLUMN that may stay behind')
        .option('--dry-run', 'check everything and show estimates; change nothing'),
    );
  },
  run: (options, terminal) => {
    const settingsFile = settingsFileOf(terminal.settings);
    if (settingsFile === undefined) throw noSettingsFile();
    const request = requestOf(options, terminal, settingsFile);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      if (options.dryRun) {
        const plan = await planSwitch(context, request);
        if (terminal.json) terminal.document(plannedSwitchDocument(plan, commandLine));
        else printPlan(plan, terminal);
        return plan !== null && plan.problems.length > 0 ? EXIT.refused : EXIT.done;
      }
      const maxStopMs = options.maxStop === undefined ? undefined : options.maxStop * 1000;
      const waitMs = options.wait * 1000;
      const outcome = await confirming(terminal, (confirmed) =>
        runSwitch(context, { ...request, maxStopMs, waitMs, confirmed }),
      );
      if (terminal.json) terminal.document(switchDocument(outcome));
      else printOutcome(outcome, terminal);
      return EXIT.done;
    });
  },
};

function requestOf(options: SwitchOptions, terminal: Terminal, settingsFile: string): SwitchRequest {
  const { environment } = terminal.settings;
  const returnsBy = options.back ? settingsToReturnBy(settingsFile) : null;
  const files = [options.toEnv, returnsBy ?? undefined].filter((file) => file !== undefined);
  if (files.length + (options.to === undefined ? 0 : 1) !== 1) throw switchWhereTo();
  const [file] = files;
  const other: NamedDatabase = readOtherDatabase(
    file === undefined ? { url: options.to ?? '' } : { file },
    environment,
  );
  return {
    settingsFile,
    written: other.written,
    returnsBy,
    source: readSettings(terminal.settings),
    target: other.settings,
    except: options.except ?? [],
  };
}

function printPlan(plan: SwitchPlan | null, terminal: Terminal): void {
  if (plan === null) {
    terminal.print('The settings name that database already. Nothing would be done.');
    return;
  }
  terminal.print(`From: ${plan.from.where} (${plan.from.product})`);
  terminal.print(`To:   ${plan.to.where} (${plan.to.product})`);
  terminal.print(`Settings that would be replaced: DB_* in ${plan.replacement.file}`);
  if (plan.situation.kind === 'continues')
    terminal.print(`A run that was begun at ${plan.situation.journal.begun} would be continued.`);
  terminal.print(
    `${counted(plan.rows, 'row')} with ${bytes(plan.bytes)} of values. About ${seconds(Math.round(plan.copyMs))} to copy while the platform runs; its writes would then wait for about ${seconds(Math.round(plan.stopMs))}.`,
  );
  for (const note of plan.notes) terminal.print(`Note: ${note}.`);
  for (const problem of plan.problems) terminal.print(`Problem: ${problem}.`);
  if (plan.situation.kind === 'returns' && plan.consents.length === 0)
    terminal.print('Nobody has written to that database since the platform left it.');
  for (const consent of plan.consents) for (const line of consentLines(consent)) terminal.print(line);
  terminal.print(
    plan.problems.length === 0
      ? 'Nothing stands in the way. Nothing was written.'
      : `${counted(plan.problems.length, 'problem')} must be corrected first. Nothing was written.`,
  );
  if (plan.next !== null) terminal.print(`Next: ${commandLine(plan.next)}`);
}

function printOutcome(outcome: SwitchOutcome, terminal: Terminal): void {
  if (outcome.already)
    terminal.print(`The settings name ${outcome.to} already: an earlier run had replaced them.`);
  else
    terminal.print(
      `The settings now name ${outcome.to}: ${counted(outcome.rows, 'row')}, compared with ${outcome.from} while its writes waited (${seconds(Math.round(outcome.stoppedMs))}).`,
    );
  terminal.print(`The old settings are in ${outcome.saved}; the old database is as it was.`);
  terminal.print(
    'Restart everything that uses the database now: until then the platform writes to the old one. db:switch --back tells whether it has.',
  );
}
