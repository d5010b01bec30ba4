/** Opens an export, whose form is told by how it begins, never by its name. */
import { headLength } from '../row-stream/format.ts';
import { openFile } from '../row-stream/heads.ts';
import type { ExportFile, ExportSource } from './export-file.ts';
import { notAnExport } from './failures.ts';
import { openJsonExport } from './json-export.ts';
import { openRowStreamExport } from './row-stream-export.ts';

/** So much of a file tells its form, in bytes. */
export const BEGINNING = 4_096;

/** @throws FILE_FAILED, FILE_DAMAGED, PASSPHRASE_NEEDED, PASSPHRASE_WRONG */
export async function openExport(source: ExportSource): Promise<ExportFile> {
  const { file, name = file } = source;
  const handle = await openFile(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
    const form = requireForm(buffer.subarray(0, bytesRead), name);
    if (form === 'json') return await openJsonExport(handle, name);
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return openRowStreamExport(source);
}

/** @param beginning the first {@link BEGINNING} bytes, or all of it @throws FILE_DAMAGED where it begins as no export does */
export function requireForm(beginning: Buffer, name: string): ExportFile['form'] {
  if (/^(?:\ufeff)?[\t\n\r ]*\{/.test(beginning.toString())) return 'json';
  if (headLength(beginning, Number.MAX_SAFE_INTEGER) === undefined) throw notAnExport(name);
  return 'compact';
}
