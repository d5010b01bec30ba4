/**
 * The tables as the migrations leave them, for typed queries. Made by `npm run schema:generate` from
 * src/migrations/versions; do not edit.
 */
import type { Generated } from 'kysely';

/** Administrator and user accounts */
export interface UserTable {
  /** Key of the account */
  id: Generated<bigint>;
  /** Whether the account may log in */
  enabled: Generated<boolean>;
  /** Name to log in with, unique */
  login: string;
  /** Address for messages and password resets */
  email: string | null;
  /** First name */
  firstname: string | null;
  /** Last name */
  lastname: string | null;
  /** Hash of the password; never the password itself */
  password: string | null;
  /** Preferences of the user */
  settings: string | null;
  /** When the account was created (UTC) */
  DatCreate: Generated<string>;
  /** When the account was last changed (UTC) */
  DatSave: string | null;
}

/** Multi-tenant company records */
export interface CompanyTable {
  /** Key of the company */
  id: Generated<bigint>;
  /** Whether the company may use the platform */
  enabled: Generated<boolean>;
  /** Short name for addresses and file names, unique */
  slug: string;
  /** Name of the company */
  name: string;
  /** Company identification number */
  ic: string | null;
  /** Address for alerts and reports */
  email: string | null;
  /** Host name of the company in Zabbix */
  zabbix_host: string | null;
  /** Logo as a data URL */
  logo: string | null;
  /** Settings of the company */
  settings: string | null;
  /** When the record was created (UTC) */
  DatCreate: Generated<string>;
  /** When the record was last changed (UTC) */
  DatUpdate: string | null;
}

/** Registered application definitions */
export interface ApplicationsTable {
  /** Key of the application */
  id: Generated<bigint>;
  /** Whether the application may be run */
  enabled: Generated<boolean>;
  /** Identifier that stays the same on every installation, unique */
  uuid: string;
  /** Short code of the application */
  code: string | null;
  /** Name of the application */
  name: string;
  /** What the application does */
  description: string | null;
  /** Version of the definition */
  version: string | null;
  /** Program to run */
  executable: string;
  /** Command line parameters, with placeholders */
  cmdparams: string | null;
  /** Command that prepares the application for a company */
  setup: string | null;
  /** Command that installs the application */
  deploy: string | null;
  /** Container image, for executors that use one */
  ociimage: string | null;
  /** Address of the project */
  homepage: string | null;
  /** Credential types the application needs */
  requirements: string | null;
  /** Name of the file in which a run leaves its result */
  resultfile: string | null;
  /** Configuration fields the application understands */
  environment: string | null;
  /** Words to find the application by */
  topics: string | null;
  /** Icon as a data URL */
  image: string | null;
  /** When the application was registered (UTC) */
  DatCreate: Generated<string>;
  /** When the definition was last changed (UTC) */
  DatUpdate: string | null;
}

/** Which apps are assigned to which companies */
export interface AppToCompanyTable {
  /** Key of the assignment */
  id: Generated<bigint>;
  /** Application that is assigned */
  app_id: bigint;
  /** Company it is assigned to */
  company_id: bigint;
  /** When it was assigned (UTC) */
  DatCreate: Generated<string>;
}

/** Job execution templates */
export interface RunTemplateTable {
  /** Key of the run template */
  id: Generated<bigint>;
  /** Application to run */
  app_id: bigint;
  /** Company to run it for */
  company_id: bigint;
  /** Name of the run template */
  name: string;
  /** Whether the scheduler runs it */
  active: Generated<boolean>;
  /** How often: n never, i minutely, h hourly, d daily, w weekly, m monthly, y yearly, c by cron */
  interv: Generated<string>;
  /** Cron expression, when interv is c */
  cron: string | null;
  /** Seconds to wait after the scheduled time */
  delay: Generated<number>;
  /** Which executor runs the jobs */
  executor: Generated<string>;
  /** Environment variables of this run template */
  env: string | null;
  /** What to do after a job that succeeded */
  success: string | null;
  /** What to do after a job that failed */
  fail: string | null;
  /** Note of the administrator */
  note: string | null;
  /** When a job was last scheduled (UTC) */
  last_schedule: string | null;
  /** When the next job is due (UTC) */
  next_schedule: string | null;
  /** When the run template was created (UTC) */
  DatCreate: Generated<string>;
  /** When it was last changed (UTC) */
  DatSave: string | null;
  /** Its jobs in the database that ended ok; empty until they are counted */
  successful_jobs: number | null;
  /** Its jobs in the database that failed; empty until they are counted */
  failed_jobs: number | null;
}

/** RunTemplate configuration field values */
export interface ConfigRegistryTable {
  /** Key of the value */
  id: Generated<bigint>;
  /** Run template the value belongs to */
  run_template_id: bigint;
  /** Application whose field it fills */
  app_id: bigint;
  /** Company of the run template */
  company_id: bigint;
  /** Name of the configuration field */
  name: string;
  /** Value of the field */
  value: string | null;
  /** Type of the field, as in the definition of the application */
  config_type: Generated<string>;
}

/** Job execution log entries */
export interface LoggerTable {
  /** Key of the entry */
  id: Generated<bigint>;
  /** Company the entry is about */
  company_id: bigint | null;
  /** Account that was at work */
  user_id: bigint | null;
  /** debug, info, notice, warning, error or critical */
  severity: Generated<string>;
  /** Part of the platform that wrote the entry */
  venue: string | null;
  /** The message */
  message: string;
  /** When the entry was written (UTC) */
  created_at: Generated<string>;
  /** Job the entry is of; it is deleted with the job */
  job_id: bigint | null;
}

/** API authentication tokens */
export interface TokenTable {
  /** Key of the token */
  id: Generated<bigint>;
  /** Account the token stands for */
  user_id: bigint;
  /** Hash of the token, unique */
  token: string;
  /** From when it is valid (UTC) */
  start: Generated<string>;
  /** Until when it is valid (UTC); empty for ever */
  until: string | null;
  /** What it may do in the console: read looks and plans, maintain carries out as well; empty for a token of another kind */
  scope: 'read' | 'maintain' | null;
}

/** Company-level environment variables */
export interface CompanyEnvTable {
  /** Key of the variable */
  id: Generated<bigint>;
  /** Company the variable is set for */
  company_id: bigint;
  /** Name of the variable */
  keyword: string;
  /** Value of the variable */
  value: string | null;
}

/** Individual job execution records */
export interface JobTable {
  /** Key of the job */
  id: Generated<bigint>;
  /** Run template the job came from */
  run_template_id: bigint | null;
  /** Application that was run */
  app_id: bigint;
  /** Company it was run for */
  company_id: bigint;
  /** waiting, running, ok, failed or canceled; maintenance never deletes the first two */
  status: Generated<'waiting' | 'running' | 'ok' | 'failed' | 'canceled'>;
  /** When the job was created (UTC); its age counts from here */
  DatCreate: Generated<string>;
  /** When it is to start (UTC) */
  schedule: string | null;
  /** When it started (UTC) */
  begin: string | null;
  /** When it ended (UTC) */
  end: string | null;
  /** Exit code of the command */
  exitcode: number | null;
  /** Command line as it was run */
  command: string | null;
  /** Environment the command was run with */
  env: string | null;
  /** Executor that ran it */
  executor: Generated<string>;
  /** Process id while it runs */
  pid: number | null;
  /** Account that launched it; empty for the scheduler */
  launched_by: bigint | null;
  /** What launched it: cron, interval, manual, api */
  schedule_type: string | null;
  /** Version of the application at that time */
  app_version: string | null;
  /** Computer that runs it; empty where the executor does not say */
  host: string | null;
}

/** Company-level credential instances */
export interface CredentialTypeTable {
  /** Key of the credential */
  id: Generated<bigint>;
  /** Company the credential belongs to */
  company_id: bigint;
  /** Identifier that stays the same on every installation, unique */
  uuid: string;
  /** Name of the credential */
  name: string;
  /** Version of the prototype it was made from */
  version: string | null;
  /** Address of the service it opens */
  url: string | null;
  /** Address of a logo */
  logo: string | null;
  /** Values of the fields; secrets are stored encrypted by the platform */
  fields: string | null;
  /** When it was created (UTC) */
  created_at: Generated<string>;
  /** When it was last changed (UTC) */
  updated_at: string | null;
  /** Prototype the credential was made from */
  credential_prototype_id: bigint | null;
}

/** Job output files (stdout, stderr, results) */
export interface ArtifactsTable {
  /** Key of the artifact */
  id: Generated<bigint>;
  /** Job that left it; it is deleted with the job */
  job_id: bigint;
  /** Name of the file, as stdout.txt */
  filename: string;
  /** Media type of the content */
  content_type: Generated<string>;
  /** The content, byte for byte */
  content: Buffer | null;
  /** Note on the artifact */
  note: string | null;
  /** When it was stored (UTC) */
  created_at: Generated<string>;
}

/** Credential type definitions (JSON-based) */
export interface CredentialPrototypeTable {
  /** Key of the prototype */
  id: Generated<bigint>;
  /** Identifier that stays the same on every installation, unique */
  uuid: string;
  /** Short code of the prototype, unique */
  code: string;
  /** Name of the prototype */
  name: string;
  /** What it gives access to */
  description: string | null;
  /** Version of the definition */
  version: string | null;
  /** Address of the service */
  url: string | null;
  /** Address of the project */
  homepage: string | null;
  /** Address of a logo */
  logo: string | null;
  /** Words to find the prototype by */
  tags: string | null;
  /** The fields a credential of this prototype has */
  definition: string;
  /** When it was registered (UTC) */
  created_at: Generated<string>;
  /** When it was last changed (UTC) */
  updated_at: string | null;
}

/** How long rows are kept, and of whom */
export interface RetentionPolicyTable {
  /** Key of the policy */
  id: Generated<bigint>;
  /** What is kept: job (with its artifacts and log entries), logger, token, history (of housekeeping runs) */
  subject: 'job' | 'logger' | 'token' | 'history';
  /** Whose rows; empty for all companies */
  company_id: bigint | null;
  /** Jobs of which run template; empty for all */
  run_template_id: bigint | null;
  /** Rows go when they are older than so many days; empty for no limit */
  max_age_days: number | null;
  /** The newest so many stay, of jobs those of each run template; empty for none */
  keep_last: number | null;
  /** Whether the last job of each run template that ended ok stays */
  keep_last_success: Generated<boolean>;
  /** delete, or archive and then delete */
  action: Generated<'delete' | 'archive'>;
  /** Whether it is in force */
  enabled: Generated<boolean>;
  /** Note of the administrator */
  note: string | null;
  /** When it was made (UTC) */
  created_at: Generated<string>;
  /** When it was last changed (UTC) */
  updated_at: string | null;
}

/** What must not be deleted, whatever the policies say */
export interface RetentionHoldTable {
  /** Key of the hold */
  id: Generated<bigint>;
  /** The job that is held */
  job_id: bigint | null;
  /** The run template whose jobs are held */
  run_template_id: bigint | null;
  /** The company whose jobs and log entries are held */
  company_id: bigint | null;
  /** Until when (UTC); empty for as long as it is there */
  until: string | null;
  /** Why */
  reason: string;
  /** Since when (UTC) */
  created_at: Generated<string>;
}

/** Runs of purges and other housekeeping */
export interface HousekeepingRunTable {
  /** Key of the run */
  id: Generated<bigint>;
  /** What ran, as prune or retention */
  duty: string;
  /** Digest of its rules without their instants: runs of the same rules have the same */
  what: string;
  /** When it began (UTC) */
  started_at: Generated<string>;
  /** When it ended (UTC); empty while it runs, and for one that was killed */
  finished_at: string | null;
  /** How it ended; one that was killed says running for ever */
  outcome: Generated<'running' | 'done' | 'time budget' | 'interrupted' | 'failed'>;
  /** Rows that were to be deleted when it began */
  expected_rows: bigint;
  /** Rows that it has deleted */
  deleted_rows: Generated<bigint>;
  /** Computer on which it ran */
  host: string;
  /** Its process there */
  pid: number;
  /** Bytes that it gave back or removed; empty where that is not known */
  bytes: bigint | null;
  /** Why it failed */
  error: string | null;
  /** What it has to say */
  note: string | null;
  /** How many runs the row is of: those that found nothing share one */
  runs: Generated<number>;
}

/** Which installation this database belongs to; one row */
export interface InstallationTable {
  /** Always 1 */
  id: Generated<bigint>;
  /** Random, made once; archives, plans and backups carry it */
  uuid: string;
  /** When it was made (UTC) */
  created_at: Generated<string>;
}

/** What each duty of the housekeeper did last */
export interface HousekeepingDutyTable {
  /** Key of the row */
  id: Generated<bigint>;
  /** Name of the duty, unique */
  duty: string;
  /** When it last ended (UTC) */
  ended_at: string;
  /** When it last ended well (UTC) */
  succeeded_at: string | null;
  /** How it last ended */
  outcome: 'done' | 'time budget' | 'interrupted' | 'failed';
  /** How often in a row it has failed */
  failures: Generated<number>;
  /** How often in a row its time was up before its work was done */
  unfinished: Generated<number>;
  /** Rows or files that it changed, deleted or found last */
  rows_changed: bigint | null;
  /** Bytes that it gave back or removed last; empty where that is not known */
  bytes: bigint | null;
  /** Rows that it has left; empty where that is not known */
  backlog: bigint | null;
  /** How long it took */
  milliseconds: bigint;
  /** Why it failed */
  error: string | null;
  /** What it has to say */
  note: string | null;
  /** Where it continues */
  position: string | null;
  /** Run in the history that counts its runs without work; empty after one with work */
  empty_run_id: bigint | null;
}

/** How big the tables were, hour by hour and later day by day */
export interface SizeSampleTable {
  /** Key of the sample */
  id: Generated<bigint>;
  /** When it was taken (UTC) */
  taken_at: Generated<string>;
  /** The table; empty text for the database as a whole */
  table_name: string;
  /** Its rows; empty where that is not known */
  row_count: bigint | null;
  /** Whether they were counted; otherwise the engine has estimated them */
  rows_exact: Generated<boolean>;
  /** Bytes of its rows */
  data_bytes: bigint | null;
  /** Bytes of its indexes */
  index_bytes: bigint | null;
  /** Bytes of all of it */
  total_bytes: bigint;
  /** Bytes of that which are free; empty where that is not known */
  free_bytes: bigint | null;
  /** Bytes free on the disk of the database; only in the sample of the whole */
  disk_free: bigint | null;
}

/** Findings of the overview that somebody has looked at and accepted */
export interface DismissedFindingTable {
  /** Key of the row */
  id: Generated<bigint>;
  /** Which finding, unique */
  finding: string;
  /** How serious it was then: a worse one is shown again */
  level: 'warn' | 'fail';
  /** How much it was then, in a unit of its own: much more is shown again */
  measure: bigint | null;
  /** Why it is accepted */
  reason: string;
  /** When it was dismissed (UTC) */
  created_at: Generated<string>;
}

export interface Database {
  user: UserTable;
  company: CompanyTable;
  applications: ApplicationsTable;
  app_to_company: AppToCompanyTable;
  run_template: RunTemplateTable;
  config_registry: ConfigRegistryTable;
  logger: LoggerTable;
  token: TokenTable;
  company_env: CompanyEnvTable;
  job: JobTable;
  credential_type: CredentialTypeTable;
  artifacts: ArtifactsTable;
  credential_prototype: CredentialPrototypeTable;
  retention_policy: RetentionPolicyTable;
  retention_hold: RetentionHoldTable;
  housekeeping_run: HousekeepingRunTable;
  installation: InstallationTable;
  housekeeping_duty: HousekeepingDutyTable;
  size_sample: SizeSampleTable;
  dismissed_finding: DismissedFindingTable;
}
