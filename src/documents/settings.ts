/** What was written into a settings file; the settings themselves may hold a password. */
export function writtenSettingsDocument(file: string, written: boolean) {
  return { file, written };
}
