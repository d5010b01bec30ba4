/** One screen: a sentence for each thing that an administrator looks after, with what to do about it. */

import type { NextStep } from '../next-step.ts';
import type { HousekeeperSettings } from '../settings/index.ts';
import type { TaskContext } from '../tasks/index.ts';

/** `unknown`: it could not be found out, and the sentence says why. */
export type Level = 'ok' | 'warn' | 'fail' | 'unknown';

export interface Finding {
  /** Stable: what is dismissed, and what scripts look for. */
  readonly id: string;
  readonly level: Level;
  readonly sentence: string;
  /** What to do now; null where nothing has to be done. */
  readonly next: NextStep | null;
  /** How much it is, in a unit of its own: a dismissed finding that has grown by half is shown again; null for none. */
  readonly measure: number | null;
  /** Why somebody has accepted it; null where nobody has. */
  readonly dismissed: string | null;
}

export type Found = Omit<Finding, 'dismissed' | 'measure'> & { readonly measure?: number };

export interface Surroundings {
  readonly housekeeper: HousekeeperSettings;
  /** An export of the whole database that is as old is warned of. */
  readonly exportMaxAgeDays: number;
  /** Where archives are kept; undefined where nobody has specified it. */
  readonly archives: string | undefined;
  /** The settings file that is used; undefined where settings come from the environment. */
  readonly settingsFile: string | undefined;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/** Reads only, and asks no more than a few questions. None where there is nothing to say. */
export interface Probe {
  readonly id: string;
  look(context: TaskContext, surroundings: Surroundings): Promise<readonly Found[]>;
}

export interface Overview {
  readonly findings: readonly Finding[];
  /** Whether nothing fails that nobody has dismissed. */
  readonly isWell: boolean;
}
