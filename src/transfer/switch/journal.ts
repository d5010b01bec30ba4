/**
 * The journal of a change of the backend: a file beside the settings file. It says which two databases are meant and how far it
 * has come; a process that is gone is continued by the next one, as nothing in it stands for a running process.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { codeOf, fileFailure, syncDirectory } from '../../system/index.ts';
import { damagedJournal, nothingToReturnTo } from './failures.ts';

const DATABASE = z.object({
  where: z.string(),
  product: z.string(),
  /** Tells it from all others. */
  mark: z.string(),
});

const JOURNAL = z.object({
  format: z.literal('multiflexi switch'),
  version: z.literal(1),
  id: z.string(),
  begun: z.string(),
  /** It leads back to the database that was left by the change before. */
  back: z.boolean(),
  /** `replacing`: the receipt matched, and the settings are about to be replaced, or have been. */
  phase: z.enum(['copying', 'replacing', 'switched']),
  from: DATABASE,
  to: DATABASE,
  /** The settings file as it was before. */
  saved: z.string(),
  /** On the way back: the file that has the settings of the database that is returned to. */
  returnsBy: z.nullable(z.string()),
  receipt: z.nullable(
    z.object({
      at: z.string(),
      tables: z.array(
        z.object({
          table: z.string(),
          rows: z.number(),
          digest: z.string(),
          largestId: z.nullable(z.string()),
        }),
      ),
    }),
  ),
});

export type Journal = z.output<typeof JOURNAL>;
export type JournalDatabase = z.output<typeof DATABASE>;

/** Beside the file itself, whatever link it was named by. */
function journalOf(settingsFile: string): string {
  return `${existsSync(settingsFile) ? realpathSync(settingsFile) : settingsFile}.switch.json`;
}

/** @param settingsFile without symbolic links */
export function newJournal(
  settingsFile: string,
  { from, to, returnsBy }: Pick<Journal, 'from' | 'to' | 'returnsBy'>,
): Journal {
  const begun = new Date().toISOString();
  const stamp = `${begun.slice(0, 19).replace(/[-:]/g, '')}Z`;
  const id = randomBytes(4).toString('hex');
  return {
    ...{ format: 'multiflexi switch', version: 1 },
    ...{ id, begun, from, to, returnsBy },
    back: returnsBy !== null,
    phase: 'copying',
    saved: `${settingsFile}.before-${stamp}-${id}`,
    receipt: null,
  };
}

/** @returns null where there is none @throws FILE_DAMAGED, FILE_FAILED */
export function readJournal(settingsFile: string): Journal | null {
  const file = journalOf(settingsFile);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw fileFailure(file, error, 'read');
  }
  try {
    return JOURNAL.parse(JSON.parse(text));
  } catch {
    throw damagedJournal(file);
  }
}

/** The file with the settings of the database that was used before. @throws CANNOT_SWITCH, FILE_DAMAGED, FILE_FAILED */
export function settingsToReturnBy(settingsFile: string): string {
  const journal = readJournal(settingsFile);
  const file = journal?.phase === 'copying' || !journal ? journal?.returnsBy : returnOf(journal);
  if (!file) throw nothingToReturnTo(settingsFile);
  return file;
}

/** As a whole or not at all. @throws FILE_FAILED */
export async function writeJournal(settingsFile: string, journal: Journal): Promise<void> {
  const file = journalOf(settingsFile);
  const written = `${file}.new`;
  try {
    rmSync(written, { force: true });
    const descriptor = openSync(written, 'wx', 0o600);
    try {
      writeSync(descriptor, `${JSON.stringify(journal, null, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(written, file);
    await syncDirectory(dirname(file));
  } catch (error) {
    throw fileFailure(file, error);
  }
}

/** One whose settings were about to be replaced on the way back is finished first. */
function returnOf({ phase, returnsBy, saved }: Journal): string {
  return phase === 'replacing' ? (returnsBy ?? saved) : saved;
}
