/** The texts of errors about the command line itself. */
import { MultiFlexiError } from '../errors.ts';

function usage(message: string, next: string): MultiFlexiError {
  return new MultiFlexiError('USAGE', message, { next });
}

/** Whoever wants to read a plan does not want it carried out. */
export function savingWithoutDryRun(): MultiFlexiError {
  return usage(
    'Only a dry run saves a plan.',
    'Add --dry-run, read the plan, then carry it out with prune --plan FILE. Nothing was deleted.',
  );
}

export function planAndRules(): MultiFlexiError {
  return usage('A plan takes no rules.', 'Leave out the other rules.');
}

export function planIsSaved(): MultiFlexiError {
  return usage('--plan and --save-plan exclude each other.', 'Leave out --save-plan.');
}

export function replicaWithoutLimit(): MultiFlexiError {
  return usage('--replica requires --max-lag.', 'Add --max-lag with a time, for example 5s.');
}

/** Who answers under any name answers to a page of another site as well. */
export function originNotSpecified(): MultiFlexiError {
  return usage(
    'The address under which people reach the console is not specified.',
    'Set MULTIFLEXI_CONSOLE_ORIGIN, or add --origin https://console.example.org.',
  );
}

export function serviceNeedsSocket(): MultiFlexiError {
  return usage(
    'The service has no socket to listen on.',
    'Start multiflexi-console.socket, or specify a port with --port.',
  );
}

/** @param options their names */
export function onlyOfService(options: string): MultiFlexiError {
  return usage(`${options} applies to the service only.`, 'Leave it out, or add --service.');
}

export function notOfService(options: string): MultiFlexiError {
  return usage(
    `${options} does not apply to the service.`,
    'Leave it out: there, the scope of a token decides what its owner may do.',
  );
}

export function portNotFree(port: number, why: string): MultiFlexiError {
  return new MultiFlexiError('FILE_FAILED', `The console cannot listen on port ${port}: ${why}.`, {
    next: 'Choose another port with --port, or leave it out for a free one.',
  });
}

export function daemonAndOnce(): MultiFlexiError {
  return usage('--daemon and --once exclude each other.', 'Leave out one of them.');
}

export function breakpointOptionsExclude(): MultiFlexiError {
  return usage(
    'These options exclude each other.',
    'Specify only one of --set, --unset and --remove-all, and no version with --remove-all.',
  );
}

/** @see gzip, which does not write to a terminal either */
export function exportToTerminal(): MultiFlexiError {
  return usage(
    'The export is not written to a terminal.',
    'Redirect it (export > backup.json), pipe it into a program, or write a file with --output FILE. To see it here all the same: --output -.',
  );
}

export function exportDocumentNeedsFile(): MultiFlexiError {
  return usage(
    'With -f json the result is a document of its own, and the standard output has the export.',
    'Leave out -f json (the export is JSON in any case), or write the export to a file with --output FILE.',
  );
}

export function passphraseNotSpecified(): MultiFlexiError {
  return usage(
    'The passphrase to encrypt with is not specified.',
    'Specify its file with --passphrase-file, or set ARCHIVE_PASSPHRASE_FILE. Nothing was exported.',
  );
}

export function compareWithOne(): MultiFlexiError {
  return usage(
    'Only one database can be specified for the comparison.',
    'Specify either --compare URL or --compare-env FILE.',
  );
}

export function switchWhereTo(): MultiFlexiError {
  return usage(
    'Which database to change to must be specified once.',
    'Specify one of --to URL, --to-env FILE and --back. Nothing was done.',
  );
}

export function settingsFromNowhere(): MultiFlexiError {
  return usage(
    'The environment has no DB_CONNECTION, so there are no settings to write.',
    'Set DB_CONNECTION and the other settings as environment variables of the command. The file was not changed.',
  );
}

export function tourHasNoJson(): MultiFlexiError {
  return usage('The tour is for people; it has no JSON.', 'Run the commands it shows with -f json.');
}

/** @param signal its name, as SIGTERM */
export function interruptedBy(signal: string): MultiFlexiError {
  return interrupted(
    `Interrupted by ${signal}.`,
    'What was already done is kept. Run the same command again to continue.',
  );
}

/** A command that changes something, and whose step did not end in time. */
export function leftChanging(signal: string): MultiFlexiError {
  return interrupted(
    `Interrupted by ${signal}: the current step did not end in time and was abandoned.`,
    'It will be completed or rolled back entirely; a server may still be executing it. Run the same command again to continue.',
  );
}

export function leftReading(signal: string): MultiFlexiError {
  return interrupted(`Interrupted by ${signal}.`, 'Nothing was changed. Run the same command again.');
}

function interrupted(message: string, next: string): MultiFlexiError {
  return new MultiFlexiError('INTERRUPTED', message, { next });
}
