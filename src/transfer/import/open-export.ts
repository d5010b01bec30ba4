/** Opens an export, whose form is told by how it begins, never by its name. */

import type { Passphrase } from '../row-stream/encryption.ts';
import { headLength } from '../row-stream/format.ts';
import { openFile } from '../row-stream/heads.ts';
import type { ExportFile } from './export-file.ts';
import { notAnExport } from './failures.ts';
import { openJsonExport } from './json-export.ts';
import { openRowStreamExport } from './row-stream-export.ts';

const BEGINNING = 4_096;

/** @throws FILE_FAILED, FILE_DAMAGED, PASSPHRASE_NEEDED, PASSPHRASE_WRONG */
export async function openExport(file: string, passphrase?: Passphrase): Promise<ExportFile> {
  const handle = await openFile(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
    const beginning = buffer.subarray(0, bytesRead);
    if (/^(?:\ufeff)?[\t\n\r ]*\{/.test(beginning.toString())) return await openJsonExport(handle, file);
    await handle.close();
    if (headLength(beginning, Number.MAX_SAFE_INTEGER) === undefined) throw notAnExport(file);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return openRowStreamExport(file, passphrase);
}
