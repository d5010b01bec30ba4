/** Whether the database is well, and what has been accepted as it is. */
import { dismissedDocument, overviewDocument, undismissedDocument } from '../../documents/index.ts';
import { dismissFinding, overview, type Surroundings } from '../../overview/index.ts';
import {
  readArchiveSettings,
  readExportMaxAge,
  readHousekeeperSettings,
  type SettingsSource,
  settingsFileOf,
} from '../../settings/index.ts';
import { DUTY_NAMES, undismiss } from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { work } from './contract.ts';

/** A page is looked at while it is made: what a question does not answer so soon is unknown. */
const PATIENCE_MS = 1_000;

export const HEALTH = {
  'GET status': work('inspect', inputs.NOTHING, async (context) => {
    const found = await overview(context, surroundingsOf(context.settings), PATIENCE_MS);
    return { document: overviewDocument(found, context.write) };
  }),
  'POST status:dismiss': work('change', inputs.DISMISS, async (context, { finding, reason }) => {
    const found = await dismissFinding(context, surroundingsOf(context.settings), finding, reason);
    return { document: dismissedDocument(found, context.write) };
  }),
  'POST status:restore': work('change', inputs.UNDISMISS, async (context, { finding }) => ({
    document: undismissedDocument(finding, await undismiss(context, finding)),
  })),
};

function surroundingsOf(settings: SettingsSource): Surroundings {
  return {
    housekeeper: readHousekeeperSettings(settings, DUTY_NAMES),
    exportMaxAgeDays: readExportMaxAge(settings),
    archives: readArchiveSettings(settings).directory,
    settingsFile: settingsFileOf(settings),
    now: Date.now(),
  };
}
