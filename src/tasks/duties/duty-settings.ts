/** What the duties are told by the settings; `MULTIFLEXI_HOUSEKEEPER_*`, read by settings/. */
export interface DutySettings {
  /** The newest so many log entries are kept. */
  readonly logKeep: number;
  /** The newest so many log entries of each company are kept; null for no limit of its own. */
  readonly logKeepPerCompany: number | null;
  /** The folder of the platform's temporary files (`MULTIFLEXI_TMP`); null where nobody has said where that is. */
  readonly tmpDirectory: string | null;
  /** The file that the settings were read from; undefined where it is none. */
  readonly settingsFile?: string | undefined;
  /** In milliseconds. */
  readonly tmpAgeMs: number;
  /** How long a running job may give no sign of life, in milliseconds. */
  readonly staleJobAgeMs: number;
}
