/**
 * Which installation a database belongs to, and where it lies just now. An address tells neither: two installations can
 * have the same one, and one is reached by several. A clone has the id of its original, but lies elsewhere.
 */
import { hash, randomUUID } from 'node:crypto';
import { type Engine, instantMs, nowUtc } from '../engines/index.ts';
import { noInstallationId } from './failures.ts';
import type { Database } from './tables.ts';

export interface Installation {
  readonly id: string;
  /** A digest of the engine's fingerprint; null where the engine cannot tell. Equal ones are the same database. */
  readonly server: string | null;
}

/** @throws NOT_MIGRATED when the database has no id yet */
export async function readInstallation(engine: Engine): Promise<Installation> {
  const id = await storedId(engine);
  if (id !== undefined) return { id, server: await serverOf(engine) };
  throw noInstallationId(engine.where);
}

/** Of a database that may be older than its id. @returns null where it has none */
export async function findInstallation(engine: Engine): Promise<Installation | null> {
  const there = (await engine.tableNames()).includes('installation');
  const id = there ? await storedId(engine) : undefined;
  return id === undefined ? null : { id, server: await serverOf(engine) };
}

/** @returns when the database got its id, in milliseconds since the epoch; null where it has none */
export async function installedAt(engine: Engine): Promise<number | null> {
  const row = await engine
    .kysely<Database>()
    .selectFrom('installation')
    .select('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : instantMs(row.created_at);
}

/** Gives the database its id, unless it has one or has no place for it. One caller at a time. */
export async function nameInstallation(engine: Engine): Promise<void> {
  if (!(await engine.tableNames()).includes('installation') || (await storedId(engine)) !== undefined) return;
  // The key is given, so that there can never be a second row.
  await engine
    .kysely<Database>()
    .insertInto('installation')
    .values({ id: 1n, uuid: randomUUID(), created_at: nowUtc() })
    .execute();
  await engine.catchUpIdentity('installation');
}

/** Which database it is, beside all others that are reached from here: by its address alone where the engine cannot tell. */
export async function databaseMark(engine: Engine): Promise<string> {
  return (await serverOf(engine)) ?? hash('sha256', `${engine.name}:${engine.where}`, 'hex').slice(0, 32);
}

async function storedId(engine: Engine): Promise<string | undefined> {
  const row = await engine
    .kysely<Database>()
    .selectFrom('installation')
    .select('uuid')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
    .catch(async (error: unknown) => {
      if ((await engine.tableNames()).includes('installation')) throw error;
      return undefined;
    });
  return row?.uuid;
}

async function serverOf(engine: Engine): Promise<string | null> {
  const fingerprint = await engine.fingerprint();
  // Files that carry it may be read by others: a digest tells them nothing about the machine.
  return fingerprint === null ? null : hash('sha256', `${engine.name}:${fingerprint}`, 'hex').slice(0, 32);
}
