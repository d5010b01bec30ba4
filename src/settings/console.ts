/** Under which addresses people reach the console of the service: `MULTIFLEXI_CONSOLE_ORIGIN`. */
import { unusableConsoleSetting } from './failures.ts';
import { nearest, settingsFile } from './nearest.ts';
import type { SettingsSource } from './read.ts';

const NAME = 'MULTIFLEXI_CONSOLE_ORIGIN';

/** As a browser sends them. A name in the environment wins over one of the settings file. @throws SETTINGS_INVALID */
export function readConsoleOrigins(from: SettingsSource): readonly string[] {
  const text = nearest(NAME, from.environment, settingsFile(from)) ?? '';
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const origin = originIn(one);
      if (origin !== undefined) return origin;
      throw unusableConsoleSetting(
        `${NAME} must be addresses without a path, with commas between them (https://console.example.org)`,
      );
    });
}

/** @returns undefined for what is more than scheme, host and port, or none of a browser's */
export function originIn(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.host === '') return undefined;
  return text.toLowerCase().replace(/\/$/, '') === url.origin ? url.origin : undefined;
}
