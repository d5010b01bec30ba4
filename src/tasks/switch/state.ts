/** What is known without opening a database: whether it can be changed from here, and what became of the last change. */
import { readdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isMultiFlexiError } from '../../errors.ts';
import { requireReplaceable } from '../../settings/index.ts';
import { type Journal, noSettingsFile, readJournal, settingsToReturnBy } from '../../transfer/index.ts';

export interface SwitchState {
  /** Null where the settings are in no file. */
  readonly settingsFile: string | null;
  /** Why the settings cannot be replaced from here, as a sentence; null where they can. */
  readonly problem: string | null;
  /** Names of other settings files beside it. */
  readonly others: readonly string[];
  /** Of the last change that was begun; null for none. */
  readonly journal: Journal | null;
  /** Whether there is a database to return to. */
  readonly canReturn: boolean;
}

/** @param settingsFile undefined where there is none @throws FILE_DAMAGED, FILE_FAILED */
export function readSwitchState(settingsFile: string | undefined): SwitchState {
  if (settingsFile === undefined)
    return {
      settingsFile: null,
      problem: noSettingsFile().message,
      others: [],
      journal: null,
      canReturn: false,
    };
  return {
    settingsFile,
    problem: saidBy(() => requireReplaceable(settingsFile)),
    others: othersBeside(settingsFile),
    journal: readJournal(settingsFile),
    canReturn: saidBy(() => settingsToReturnBy(settingsFile)) === null,
  };
}

function saidBy(look: () => unknown): string | null {
  try {
    look();
    return null;
  } catch (error) {
    if (isMultiFlexiError(error)) return error.message;
    throw error;
  }
}

function othersBeside(file: string): string[] {
  try {
    return readdirSync(dirname(resolve(file)))
      .filter((name) => /^[^.].*\.env$/.test(name) && name !== basename(file))
      .sort();
  } catch {
    return [];
  }
}
