/** Migrations, drift and checks. */
import { resolve } from 'node:path';
import {
  breakpointsDocument,
  checkDocument,
  migrationsDocument,
  plannedMigrationsDocument,
  statusDocument,
  verificationDocument,
} from '../../documents/index.ts';
import { dataDirectory, type SettingsSource } from '../../settings/index.ts';
import {
  changeBreakpoint,
  checkDatabase,
  type LossBackup,
  planMigrate,
  planRollback,
  readStatus,
  runMigrate,
  runRollback,
  verifySchema,
} from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { work } from './contract.ts';
import { confirmedOf } from './purges.ts';

/** What a single check may take. */
const CHECK_MS = 10_000;
/** How long another run is waited for. */
const WAIT_MS = 5_000;

export const SCHEMA = {
  'GET db:status': work('inspect', inputs.NOTHING, async (context) => ({
    document: statusDocument(await readStatus(context)),
  })),
  'GET db:verify': work('inspect', inputs.VERIFY, async (context, { except }) => ({
    document: verificationDocument(await verifySchema(context, except)),
  })),
  'GET db:check': work('inspect', inputs.CHECK, async (context) => ({
    document: checkDocument(await checkDatabase(context, { quick: true, timeoutMs: CHECK_MS })),
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
