/** Exports, to files of the server. Their names are made here: nobody names a file over HTTP. */
import { join, resolve } from 'node:path';
import type { output } from 'zod';
import { exportDocument, plannedExportDocument } from '../../documents/index.ts';
import { openEngine } from '../../engines/index.ts';
import {
  dataDirectory,
  readArchiveSettings,
  readExportDirectory,
  readPassphrase,
  readSettings,
  type SettingsSource,
} from '../../settings/index.ts';
import { makePrivateDirectory } from '../../system/index.ts';
import { type ExportRequest, noteExport, Passphrase, planExport, runExport } from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { work } from './contract.ts';
import { passphraseNotSet } from './failures.ts';

export const EXPORTS = {
  'GET export': work('inspect', inputs.EXPORT, async (context, input) => ({
    document: plannedExportDocument(await planExport(context, requestOf(context.settings, input))),
  })),
  'POST export': work('change', inputs.EXPORT, async (context, input) => {
    const { settings } = context;
    const request = requestOf(settings, input);
    const passphrase = input.encrypt ? passphraseOf(settings) : undefined;
    makePrivateDirectory(directoryOf(settings));
    const outcome = await runExport(context, request, { passphrase });
    const recorded = await noteExport(() => openEngine(readSettings(settings), 'change'), outcome, context);
    return { document: exportDocument(outcome, recorded) };
  }),
};

function requestOf(settings: SettingsSource, input: output<typeof inputs.EXPORT>): ExportRequest {
  const stamp = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const ending = input.form === 'json' ? 'json' : 'rows.zst';
  return {
    company: input.company ?? null,
    tables: input.tables ?? null,
    without: input.without ?? [],
    file: join(directoryOf(settings), `multiflexi-${stamp}.${ending}`),
    encrypted: input.encrypt,
  };
}

function directoryOf(settings: SettingsSource): string {
  return readExportDirectory(settings) ?? resolve(dataDirectory(settings.environment), 'exports');
}

/** @throws SETTINGS_INVALID */
function passphraseOf(settings: SettingsSource): Passphrase {
  const { passphraseFile } = readArchiveSettings(settings);
  if (passphraseFile === undefined) throw passphraseNotSet();
  return new Passphrase(readPassphrase(passphraseFile));
}
