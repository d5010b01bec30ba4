import { boolean, datetime, id, json, now, nullable, string, text } from '../columns.ts';
import { migration } from '../migration.ts';
import { createTable, createUniqueIndex, dropTable } from '../operations/index.ts';

export default migration({
  version: '20200413063021',
  name: 'applications',
  up: [
    createTable('applications', 'Registered application definitions', [
      id('Key of the application'),
      boolean('enabled', 'Whether the application may be run', true),
      string('uuid', 36, 'Identifier that stays the same on every installation, unique'),
      nullable(string('code', 32, 'Short code of the application')),
      string('name', 255, 'Name of the application'),
      nullable(text('description', 'What the application does')),
      nullable(string('version', 64, 'Version of the definition')),
      string('executable', 255, 'Program to run'),
      nullable(text('cmdparams', 'Command line parameters, with placeholders')),
      nullable(text('setup', 'Command that prepares the application for a company')),
      nullable(text('deploy', 'Command that installs the application')),
      nullable(string('ociimage', 255, 'Container image, for executors that use one')),
      nullable(string('homepage', 255, 'Address of the project')),
      nullable(text('requirements', 'Credential types the application needs')),
      nullable(string('resultfile', 255, 'Name of the file in which a run leaves its result')),
      nullable(json('environment', 'Configuration fields the application understands')),
      nullable(text('topics', 'Words to find the application by')),
      nullable(text('image', 'Icon as a data URL')),
      now('DatCreate', 'When the application was registered (UTC)'),
      nullable(datetime('DatUpdate', 'When the definition was last changed (UTC)')),
    ]),
    createUniqueIndex('applications', 'uuid'),
  ],
  down: [dropTable('applications')],
});
