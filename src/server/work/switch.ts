/**
 * Changing the platform's database to another one. That one is named by a settings file beside the one in use, by a URL, or as
 * the one before; whatever is secret of it goes from the request to the thread, and is in nothing that comes back.
 */
import { dirname, resolve } from 'node:path';
import type { output } from 'zod';
import { plannedSwitchDocument, switchDocument } from '../../documents/index.ts';
import {
  type NamedDatabase,
  OTHER_PASSWORD,
  partedUrl,
  readOtherDatabase,
  readSettings,
  requireReplaceable,
  settingsFileOf,
} from '../../settings/index.ts';
import {
  noSettingsFile,
  planSwitch,
  runSwitch,
  type SwitchRequest,
  settingsToReturnBy,
} from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { confirmedOf } from './confirmed.ts';
import { type Done, type Work, type WorkContext, work } from './contract.ts';
import { notBesideSettings } from './failures.ts';

const WAIT_MS = 5_000;

export const SWITCH = {
  'GET db:switch': work('inspect', inputs.SWITCH, planned),
  'PLAN db:switch': work('inspect', inputs.RUN_SWITCH, planned),
  'POST db:switch': {
    ...work('change', inputs.RUN_SWITCH, async (context, input) => {
      const outcome = await runSwitch(context, {
        ...requestOf(context, input),
        maxStopMs: input.max_stop === undefined ? undefined : input.max_stop * 1_000,
        waitMs: WAIT_MS,
        confirmed: confirmedOf(input.confirmed),
      });
      return { document: switchDocument(outcome) };
    }),
    changesDatabase: true,
  } satisfies Work,
};

type Target = output<typeof inputs.SWITCH> &
  Partial<Pick<output<typeof inputs.RUN_SWITCH>, 'to' | 'password'>>;

async function planned(context: WorkContext, input: Target): Promise<Done> {
  const plan = await planSwitch(context, requestOf(context, input));
  const document = plannedSwitchDocument(plan, context.write);
  return plan === null || plan.problems.length > 0 ? { document } : { document, rows: plan.rows };
}

function requestOf({ settings }: WorkContext, input: Target): SwitchRequest {
  const settingsFile = settingsFileOf(settings);
  if (settingsFile === undefined) throw noSettingsFile();
  // Before anything is connected to: who cannot switch has no use for that.
  requireReplaceable(settingsFile);
  const returnsBy = input.back ? settingsToReturnBy(settingsFile) : null;
  const other = otherDatabase(settingsFile, returnsBy, input, settings.environment);
  return {
    settingsFile,
    written: other.written,
    returnsBy,
    source: readSettings(settings),
    target: other.settings,
    except: input.except ?? [],
  };
}

function otherDatabase(
  settingsFile: string,
  returnsBy: string | null,
  { to_env: name, to = '', password }: Target,
  environment: WorkContext['settings']['environment'],
): NamedDatabase {
  if (returnsBy !== null) return readOtherDatabase({ file: returnsBy }, environment);
  if (name !== undefined) return readOtherDatabase({ file: besideSettings(settingsFile, name) }, environment);
  const parted = partedUrl(to);
  return readOtherDatabase(
    { url: parted.url },
    { HOME: environment.HOME, [OTHER_PASSWORD]: password ?? parted.password },
  );
}

/** Nobody has the server read a file elsewhere. @throws USAGE */
function besideSettings(settingsFile: string, name: string): string {
  const directory = dirname(resolve(settingsFile));
  const file = resolve(directory, name);
  if (dirname(file) !== directory || !file.endsWith('.env')) throw notBesideSettings(directory);
  return file;
}
