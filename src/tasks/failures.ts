/** The texts of this room's errors. */
import type { PlannedDependent } from '../cleanup/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { type NextStep, step } from '../next-step.ts';
import { oneLine } from '../one-line.ts';
import type { Confirmed, Consent } from './consent.ts';
import { consentText, dependentText } from './consent-text.ts';

/** A task was not given what it must have before it goes on. */
export class ConsentNeeded extends MultiFlexiError {
  readonly missing: readonly Consent[];

  /** @param untouched what was not done, as a sentence */
  constructor(missing: readonly Consent[], confirmed: Confirmed, untouched: string) {
    super('NEEDS_CONFIRMATION', messageOf(missing, confirmed), {
      next: step`${untouched} ${waysToConfirm(missing)}`,
    });
    this.name = 'ConsentNeeded';
    this.missing = missing;
  }
}

function messageOf(missing: readonly Consent[], confirmed: Confirmed): string {
  const what = missing.map(consentText).join(' ');
  const of = missing[0]?.kind;
  const other = confirmed === 'everything' ? undefined : confirmed.find(({ kind }) => kind === of);
  return other === undefined
    ? `${what} This was not confirmed.`
    : `${what} What was confirmed (${other.confirmedBy}) was something else.`;
}

function waysToConfirm(missing: readonly Consent[]): NextStep {
  const losses = missing.find(({ kind }) => kind === 'losses');
  if (losses)
    return step`To confirm exactly these losses, add ${{ input: 'confirm', value: losses.confirmedBy }}; to confirm any, add ${{ input: 'yes' }}.`;
  const rebuild = missing.find(({ kind }) => kind === 'rebuild');
  if (rebuild)
    return step`Choose a time when the platform may wait, then add ${{ input: 'confirm', value: rebuild.confirmedBy }} to confirm exactly this, or ${{ input: 'yes' }}.`;
  if (missing.some(({ kind }) => kind === 'origin'))
    return step`Check DB_DATABASE and its server. To restore the rows here anyway, add ${{ input: 'yes' }}.`;
  return step`Check the same command with ${{ input: 'dry-run' }}, then repeat it with ${{ input: 'yes' }}.`;
}

export function nothingToPurge(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'What to delete is not specified.', {
    next: step`Specify ${{ input: 'logs' }}, ${{ input: 'jobs' }} or both.`,
  });
}

export function nothingIsKept(ofLogs: boolean): MultiFlexiError {
  const more = ofLogs ? step`` : step`, or ${{ input: 'keep-per-template' }}`;
  return new MultiFlexiError('USAGE', 'No rule says what to keep.', {
    next: step`Add ${{ input: 'keep' }} with a number, or ${{ input: 'older-than' }} with an age${more}.`,
  });
}

export function ruleOfJobs(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'This rule applies only to jobs, and only log entries are specified.', {
    next: step`Add ${{ input: 'jobs' }}.`,
  });
}

/** Rows would be lost together with rows that are archived, and no archive could bring them back. */
export function lostWithArchived(dependents: readonly PlannedDependent[]): MultiFlexiError {
  return new MultiFlexiError(
    'CANNOT_BE_SAVED',
    `These rows would be lost, and cannot be archived: ${dependents.map(dependentText).join('; ')}.`,
    {
      next: step`Nothing was deleted. Save and delete those rows first, or change their foreign keys to ON DELETE RESTRICT, which keeps such jobs.`,
    },
  );
}

export function unreadableArchive(fault: string): MultiFlexiError {
  return new MultiFlexiError('FILE_FAILED', fault, {
    next: 'Check that this account may read it.',
  });
}

export function incompleteArchive(name: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The archive ${name} is incomplete.`, {
    next: 'The next purge of its installation that archives there completes it.',
  });
}

export function damagedArchive(name: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The archive ${name} is damaged.`, {
    next: step`Run ${{ action: 'archive-verify', to: name }} to see what is wrong.`,
  });
}

export function noSuchJobInArchive(archive: string, job: bigint): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `The archive ${archive} has no job ${job}.`, {
    next: step`Nothing was restored. Run ${{ action: 'archive-show', to: archive }} to see which companies and times it covers.`,
  });
}

export function removalNotSpecified(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'Specify either names of archives or their age, not both.', {
    next: step`Give the age with ${{ input: 'older-than' }}. Run ${{ action: 'archive-list' }} to see the names.`,
  });
}

export function holdOfOneThing(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'A hold applies to exactly one thing.', {
    next: step`Specify one of ${{ input: 'job' }}, ${{ input: 'run-template' }} and ${{ input: 'company' }}.`,
  });
}

/** Whatever kept the losses from being saved has kept them from being destroyed, too. */
export function lossesNotSaved(
  { code, message, nextStep }: MultiFlexiError,
  cause: unknown,
): MultiFlexiError {
  return new MultiFlexiError(code, message, { next: step`Nothing was destroyed. ${nextStep}`, cause });
}

export function archiveNotSpecified(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'The directory of the archives is not specified.', {
    next: step`Specify it with ${{ input: 'archive' }}, or set ARCHIVE_DIR.`,
  });
}

export function noSuchTable(name: string, meant: string | undefined, where: string): MultiFlexiError {
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no table ${name} in ${where}${hint || '.'}`, {
    next: step`Nothing was changed. Run ${{ action: 'size' }} to see the existing tables.`,
  });
}

export function isView(name: string): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `${name} is a view: it has no rows of its own.`, {
    next: 'Nothing was changed. Specify the tables that it is made from.',
  });
}

export function noTablesOfOurs(where: string): MultiFlexiError {
  return new MultiFlexiError('NOT_MIGRATED', `There are no tables of this schema in ${where}.`, {
    next: 'Nothing was compared. Check the name of the file or the database.',
  });
}

/** @param why as the end of a sentence that begins with the table */
export function cannotBeRebuilt(table: string, why: string): MultiFlexiError {
  return new MultiFlexiError('PERMISSION_DENIED', `${table} cannot be rebuilt: it ${why}.`, {
    next: 'Nothing was changed. Leave it out, or run the command as an account that may.',
  });
}

/** @param disk as in `of /var/lib/multiflexi/multiflexi.sqlite` */
export function noRoomToRebuild(
  what: string,
  { disk, needs, free }: { readonly disk: string; readonly needs: string; readonly free: string },
): MultiFlexiError {
  return new MultiFlexiError(
    'NO_ROOM',
    `To rebuild ${what} takes ${needs} on the disk ${disk}, which has only ${free} free; nothing was done.`,
    {
      next: step`Free space on that disk, or give back what can be given back without a copy: ${{ action: 'vacuum' }}.`,
    },
  );
}

/** @param cluster in words */
export function clusterWouldWait(cluster: string): MultiFlexiError {
  return new MultiFlexiError(
    'NEEDS_CONFIRMATION',
    `ALTER TABLE is carried out on all nodes at once (total order isolation): nobody could write to ${cluster} until each table is rebuilt.`,
    {
      next: step`Nothing was changed. Rebuild the tables on one node after the other with wsrep_OSU_method = RSU, or choose a time when the platform may wait and add ${{ input: 'toi' }}.`,
    },
  );
}

export function allAndNames(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'Specify either names of tables or all of them, not both.', {
    next: step`Leave out the names or ${{ input: 'all' }}.`,
  });
}

/** @param why as the end of a sentence that begins with the directory */
export function unsafeTemporaryDirectory(directory: string, why: string): MultiFlexiError {
  return new MultiFlexiError(
    'SETTINGS_INVALID',
    `MULTIFLEXI_TMP is ${directory}, and old files are not deleted there: it ${why}.`,
    {
      next: "Nothing was deleted. Set MULTIFLEXI_TMP to the absolute path of a directory of its own for the platform's temporary files.",
    },
  );
}

export function noSuchUser(login: string): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no account with the login ${oneLine(login)}.`, {
    next: 'Specify the login of an account of MultiFlexi, as the table user has it.',
  });
}

export function userIsDisabled(login: string): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `The account ${oneLine(login)} is disabled.`, {
    next: 'Enable the account in MultiFlexi first, or specify another one.',
  });
}

export function noSuchToken(id: bigint): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `The console has no token ${id}.`, {
    next: step`Run ${{ action: 'token-list' }} to see the existing tokens.`,
  });
}

/** @param cause names a row that cannot be read, as it is too large */
export function cannotBeSummed(cause: MultiFlexiError): MultiFlexiError {
  return cause.withNext('Delete the row or shorten its value, or name other tables. Nothing was written.');
}

/** @param cause names a row that cannot be read, as it is too large */
export function cannotBeMoved(cause: MultiFlexiError): MultiFlexiError {
  return cause.withNext(
    'Delete the row or shorten its value, and run the same command again. The platform still uses the database that it used before.',
  );
}
