/** All migrations, oldest first: one file each, named by version and name. */
import type { Migration } from '../migration.ts';
import user from './20160203130652_user.ts';
import company from './20180208122200_company.ts';
import applications from './20200413063021_applications.ts';
import appToCompany from './20200413150836_app_to_company.ts';
import runTemplate from './20200520140330_run_template.ts';
import configRegistry from './20200520140331_config_registry.ts';
import logger from './20200704143315_logger.ts';
import token from './20221012185432_token.ts';
import companyEnv from './20221123091933_company_env.ts';
import job from './20221125095601_job.ts';
import credentialType from './20241206150119_credential_type.ts';
import artifacts from './20241209204404_artifacts.ts';
import credentialPrototype from './20251130113650_credential_prototype.ts';
import retention from './20261123120000_retention.ts';
import housekeepingRun from './20261125205814_housekeeping_run.ts';
import installation from './20261126213000_installation.ts';
import nullInJson from './20261126214500_null_in_json.ts';
import housekeeper from './20261127053500_housekeeper.ts';
import tokenScope from './20261127220044_token_scope.ts';

export const MIGRATIONS: readonly Migration[] = [
  user,
  company,
  applications,
  appToCompany,
  runTemplate,
  configRegistry,
  logger,
  token,
  companyEnv,
  job,
  credentialType,
  artifacts,
  credentialPrototype,
  retention,
  housekeepingRun,
  installation,
  nullInJson,
  housekeeper,
  tokenScope,
];
