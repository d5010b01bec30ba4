/** What became of the last change of the database; apart from doing it, which loads much that looking does not need. */
import { switchStateDocument } from '../../documents/index.ts';
import { settingsFileOf } from '../../settings/index.ts';
import { readSwitchState } from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { work } from './contract.ts';

export const SWITCH_STATE = {
  'GET db:switch:last': work(null, inputs.NOTHING, async ({ settings }) => ({
    document: switchStateDocument(readSwitchState(settingsFileOf(settings))),
  })),
};
