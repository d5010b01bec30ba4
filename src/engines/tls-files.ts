/** The certificates that the settings name, as both drivers of servers take them. */
import { readFileSync } from 'node:fs';
import type { TlsSettings } from './connection-settings.ts';
import { unreadableTlsFile } from './failures.ts';

export interface TlsFiles {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** @returns undefined when nothing is to be encrypted @throws SETTINGS_INVALID with the file that cannot be read */
export function readTlsFiles(
  { mode, ca, certificate, key }: TlsSettings,
  address: string,
): TlsFiles | undefined {
  if (mode === 'off') return undefined;
  try {
    return {
      rejectUnauthorized: mode === 'verify',
      ...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
      ...(certificate === undefined ? {} : { cert: readFileSync(certificate, 'utf8') }),
      ...(key === undefined ? {} : { key: readFileSync(key, 'utf8') }),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw unreadableTlsFile(address, why);
  }
}
