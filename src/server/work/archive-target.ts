/** Where archives are: in the directory of the settings, and nowhere else. Nobody names a file of the server over HTTP. */
import { readArchiveSettings, readPassphrase, type SettingsSource } from '../../settings/index.ts';
import { type ArchiveTarget, archiveNotSpecified, Passphrase } from '../../tasks/index.ts';

/** @throws SETTINGS_INVALID */
export function archiveTarget(settings: SettingsSource): ArchiveTarget | undefined {
  const { directory, passphraseFile } = readArchiveSettings(settings);
  if (directory === undefined) return undefined;
  if (passphraseFile === undefined) return { directory };
  return { directory, passphrase: new Passphrase(readPassphrase(passphraseFile)) };
}

/** @param needed whether there must be one @throws USAGE, SETTINGS_INVALID */
export function requireArchive(settings: SettingsSource, needed: true): ArchiveTarget;
export function requireArchive(settings: SettingsSource, needed: boolean): ArchiveTarget | undefined;
export function requireArchive(settings: SettingsSource, needed: boolean): ArchiveTarget | undefined {
  const target = archiveTarget(settings);
  if (needed && target === undefined) throw archiveNotSpecified();
  return target;
}
