import { writtenSettingsDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { writeSettings } from '../../settings/index.ts';
import { fileName } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { settingsFromNowhere } from '../failures.ts';

interface WriteOptions {
  readonly into: string;
  readonly replaces?: string;
  readonly none?: true;
}

export const settingsWrite: CliCommand<WriteOptions> = {
  description: `Writes the DB_* settings of the environment into a settings file, at once or not at all; comments, other settings,
owner and mode of the file are kept. Installation uses it. A file that names another database is left alone (exit status 5), unless its settings are
those of --replaces. No database is opened.`,
  examples: [
    [
      'multiflexi-cli settings:write --into multiflexi.env',
      'fill the DB_* of the environment into a file that names no database yet',
    ],
    [
      'multiflexi-cli settings:write --into multiflexi.env --replaces old.env',
      'replace the settings if they are still those of old.env',
    ],
  ],
  options: (command) => {
    command
      .requiredOption('--into <file>', 'the settings file; it must exist', fileName)
      .option('--replaces <file>', 'a file with the settings that may be replaced', fileName)
      .option('--none', 'take the settings of --replaces out of the file, and write none');
  },
  run: async ({ into, replaces, none }, terminal) => {
    const { environment } = terminal.settings;
    if (!none && !environment.DB_CONNECTION?.trim()) throw settingsFromNowhere();
    const settings = none ? {} : environment;
    const written = await writeSettings({ file: into, settings, replaces });
    if (terminal.json) terminal.document(writtenSettingsDocument(into, written));
    else terminal.print(written ? `Written: the DB_* settings in ${into}.` : `${into} has these settings.`);
    return EXIT.done;
  },
};
