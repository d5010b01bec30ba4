/** Files beside the database: settings, archives, and other programs that follow an SQLite file. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { step } from '../../next-step.ts';
import { presence } from '../../system/index.ts';
import { listArchives } from '../../tasks/index.ts';
import { utcText } from '../../written-numbers.ts';
import type { Found, Probe } from '../contract.ts';

const OTHERS = 0o007;

export const settingsFile: Probe = {
  id: 'settings-file',
  look: async (_, { settingsFile: file }) => {
    const found = file === undefined ? undefined : presence(file);
    if (file === undefined || !found) return [];
    if ((found.mode & OTHERS) === 0)
      return [
        {
          id: 'settings-file',
          level: 'ok',
          sentence: `Only its owner and group can read ${file}.`,
          next: null,
        },
      ];
    return [
      {
        id: 'settings-file',
        level: 'fail',
        sentence: `Everybody on this computer can read ${file}, and the password in it.`,
        next: step`chmod 640 ${file}`,
      },
    ];
  },
};

export const archives: Probe = {
  id: 'archives',
  look: async (_, { archives: directory }) => {
    if (directory === undefined) return [];
    if (!presence(directory))
      return [
        {
          id: 'archives',
          level: 'warn',
          sentence: `The archive directory ${directory} does not exist.`,
          next: step`Create it, or mount its disk; what policies archive is kept until then.`,
        },
      ];
    const listed = listArchives(directory);
    const damaged = listed.filter(({ state }) => state === 'damaged' || state === 'unreadable');
    if (damaged.length > 0)
      return [
        {
          id: 'archives',
          level: 'warn',
          sentence: `An archive in ${directory} cannot be read: ${damaged[0]?.name ?? ''}.`,
          next: step`Run ${{ action: 'archive-verify' }}.`,
          measure: damaged.length,
        },
      ];
    return [{ id: 'archives', level: 'ok', sentence: lastOf(directory, listed.at(-1)?.name), next: null }];
  },
};

function lastOf(directory: string, name: string | undefined): string {
  if (name === undefined) return `There are no archives in ${directory} yet.`;
  const at = statSync(join(directory, name)).mtime.toISOString();
  return `The newest archive in ${directory} is of ${utcText(at)}.`;
}

export const litestream: Probe = {
  id: 'litestream',
  look: async ({ engine }) =>
    engine.localFiles.flatMap((file): Found[] => {
      const beside = `.${basename(file)}-litestream`;
      const isThere = readdirSync(dirname(file)).includes(beside);
      if (!isThere) return [];
      return [
        {
          id: 'litestream',
          level: 'ok',
          sentence: `Litestream replicates the file (${beside}): it begins a new generation when the write-ahead log is written back by others.`,
          next: null,
        },
      ];
    }),
};
