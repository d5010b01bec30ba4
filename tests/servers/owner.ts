import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { run } from './command.ts';
import type { Installation, Owner } from './contract.ts';

/**
 * The user that the server must run as, or undefined for our own. PostgreSQL refuses to run as root, and there is
 * always a `nobody`.
 *
 * @throws when that user cannot read the server's files.
 */
export async function ownerFor({ engine, server }: Installation): Promise<Owner | undefined> {
  if (engine !== 'postgresql' || process.geteuid?.() !== 0) return undefined;
  const uid = Number(await run(['id', '-u', 'nobody']));
  const gid = Number(await run(['id', '-g', 'nobody']));
  for (let folder = dirname(server); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) {
      throw new Error(`root may not run PostgreSQL, and the user nobody cannot get into ${folder} to run it`);
    }
  }
  return { uid, gid };
}
