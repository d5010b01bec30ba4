/** What the housekeeper is told where no setting says otherwise; tests change what they are about. */
import { type HousekeeperSettings, readHousekeeperSettings } from '../../src/settings/index.ts';
import { DUTY_NAMES } from '../../src/tasks/index.ts';

export const DEFAULT_SETTINGS: HousekeeperSettings = readHousekeeperSettings(
  { environment: {}, defaultFile: '/nonexistent' },
  DUTY_NAMES,
);
