/**
 * What our sessions are set to on every server, as data: the statements, what is read back and the tables of
 * docs/settings.md all follow from the engines' lists of these.
 */
import type { Access } from './contract/connection.ts';
import { compareVersions, type Version } from './version.ts';

export interface SessionSetting {
  readonly name: string;
  readonly value: string;
  /** What happens without it. */
  readonly why: string;
  /** Given where setting it can take a privilege: left alone when it is right already, or one of these, which do as well. */
  readonly keeps?: readonly string[];
  /** The first version that has it. */
  readonly from?: Version;
  /** The first version that has it no more, or under another name. */
  readonly before?: Version;
  /** How a database must be opened for it to matter; any way, where nothing is said. */
  readonly access?: readonly Access[];
}

/** What a session is, as the server says. */
export interface SessionFacts {
  /** The server's number of it. */
  readonly id: string;
  /** What we have written into it, to know it again. */
  readonly mark: string;
  /** Whether something stands between that logs in for us: the number that we were greeted with is another one. */
  readonly relayed: boolean;
}

export function settingsFor(
  settings: readonly SessionSetting[],
  version: Version | undefined,
  access: Access,
): SessionSetting[] {
  return settings.filter(
    ({ from, before, access: wanted }) =>
      (wanted === undefined || wanted.includes(access)) &&
      (version === undefined || from === undefined || compareVersions(version, from) >= 0) &&
      (version === undefined || before === undefined || compareVersions(version, before) < 0),
  );
}

/** Whether what the server says of a setting is what it should be. */
export function isAsWanted({ value, keeps = [] }: SessionSetting, found: string): boolean {
  return [value, ...keeps].some((wanted) => canonical(wanted) === canonical(found));
}

/** The order of a list and the case of words mean nothing, nor do decimals that are zero. */
function canonical(value: string): string {
  return value
    .replace(/\.0+$/, '')
    .split(',')
    .map((word) => word.trim().toUpperCase())
    .sort()
    .join();
}
