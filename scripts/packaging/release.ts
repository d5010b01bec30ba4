/** Which release is packaged, and of when: all that is built carries the time of its release, not that of the build. */
import { lutimesSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './places.ts';
import type { About } from './roff.ts';

export interface Release extends About {
  /** In seconds since the epoch. */
  readonly instant: number;
}

export const CHANGELOG = join(CHECKOUT, 'packaging/debian/changelog');

/** @param asVersion another version than that of package.json, for tests of upgrades */
export function thisRelease(asVersion?: string): Release {
  const own = ownVersion();
  const text = readFileSync(CHANGELOG, 'utf8');
  const first = /^multiflexi-database \((\S+)\)/.exec(text)?.[1];
  const date = Date.parse(/^ -- .*> {2}(.*)$/m.exec(text)?.[1] ?? '');
  if (first !== own)
    throw new Error(`packaging/debian/changelog is at ${first}, package.json at ${own}: make them the same.`);
  if (Number.isNaN(date))
    throw new Error('packaging/debian/changelog does not say of when its newest entry is.');
  return { version: asVersion ?? own, instant: date / 1_000, day: new Date(date).toISOString().slice(0, 10) };
}

export function ownVersion(): string {
  return String(JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')).version);
}

/** Gives all files below a folder the time of the release. */
export function settleTimes(folder: string, { instant }: Release): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    lutimesSync(join(entry.parentPath, entry.name), instant, instant);
  }
}
