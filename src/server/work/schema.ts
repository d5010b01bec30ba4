/** Migrations. */
import { resolve } from 'node:path';
import {
  breakpointsDocument,
  migrationsDocument,
  plannedMigrationsDocument,
  statusDocument,
} from '../../documents/index.ts';
import { dataDirectory, type SettingsSource } from '../../settings/index.ts';
import {
  changeBreakpoint,
  type LossBackup,
  planMigrate,
  planRollback,
  readStatus,
  runMigrate,
  runRollback,
} from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { confirmedOf } from './confirmed.ts';
import { work } from './contract.ts';

/** How long another run is waited for. */
const WAIT_MS = 5_000;

export const SCHEMA = {
  'GET db:status': work('inspect', inputs.NOTHING, async (context) => ({
    document: statusDocument(await readStatus(context)),
  })),
  'GET db:migrate': work('inspect', inputs.MIGRATE, async (context, input) => ({
    document: plannedMigrationsDocument(await planMigrate(context, input)),
  })),
  'POST db:migrate': work('create', inputs.MIGRATE, async (context, input) => {
    const backup = backupOf(context.settings);
    return { document: migrationsDocument(await runMigrate(context, { ...input, waitMs: WAIT_MS, backup })) };
  }),
  'GET db:rollback': work('inspect', inputs.ROLLBACK, async (context, input) => ({
    document: plannedMigrationsDocument(await planRollback(context, input)),
  })),
  'POST db:rollback': work('change', inputs.RUN_ROLLBACK, async (context, { confirmed, ...input }) => {
    const request = { ...input, confirmed: confirmedOf(confirmed), backup: backupOf(context.settings) };
    return { document: migrationsDocument(await runRollback(context, { ...request, waitMs: WAIT_MS })) };
  }),
  'POST db:breakpoint': work('change', inputs.BREAKPOINT, async (context, input) => ({
    document: breakpointsDocument(await changeBreakpoint(context, { ...input, waitMs: WAIT_MS })),
  })),
};

/** What is destroyed is always saved: there is no way here to go without. */
function backupOf({ environment }: SettingsSource): LossBackup {
  return { directory: resolve(dataDirectory(environment), 'backups') };
}
