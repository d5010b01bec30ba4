/**
 * The engines that there are. Adding one is adding its folder and its line here: names, settings, documents, tests and
 * the way to open a database all follow from this list.
 */
import type { DatabaseSettings } from './connection-settings.ts';
import type { Access } from './contract/connection.ts';
import type { Ddl } from './contract/ddl.ts';
import type { Engine } from './engine.ts';
import { MARIADB } from './mariadb/profile.ts';
import { MYSQL } from './mysql/profile.ts';
import { POSTGRESQL } from './postgresql/profile.ts';
import type { EngineProfile } from './profile.ts';
import { SQLITE } from './sqlite/profile.ts';
import type { StatementLog } from './statement-log.ts';

export const ENGINES = [SQLITE, MYSQL, MARIADB, POSTGRESQL] as const satisfies readonly EngineProfile[];

export type EngineName = (typeof ENGINES)[number]['name'];

/**
 * Connects and checks the server's version. Only the drivers of the engine in question are loaded.
 * @throws an error of the catalogue: unreachable, refused, missing, too old, not a database.
 */
export async function openEngine(
  settings: DatabaseSettings,
  access: Access,
  log?: StatementLog,
): Promise<Engine> {
  const engine: EngineProfile | undefined = ENGINES.find(
    ({ connection }) => connection === settings.connection,
  );
  if (!engine) throw new TypeError(`no engine has the connection ${settings.connection}`);
  const opened = await engine.open(settings, access, log);
  OPENED.set(opened, settings);
  return opened;
}

/** Not a member of an engine, which may be printed: there is a password in it. */
const OPENED = new WeakMap<Engine, DatabaseSettings>();

/** With what it was opened, for a thread with a connection of its own; undefined for one that was opened by other means. */
export function settingsOf(engine: Engine): DatabaseSettings | undefined {
  return OPENED.get(engine);
}

/** The SQL of every engine without a database, in the order of the registry. */
export async function offlineDdl(): Promise<ReadonlyMap<EngineName, Ddl>> {
  return new Map(await Promise.all(ENGINES.map(async ({ name, ddl }) => [name, await ddl()] as const)));
}
