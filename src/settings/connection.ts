/** Names that people, installers and other programs' drivers give a kind of database, and which of ours each means. */
import { type DatabaseSettings, ENGINES, type ServerSettings } from '../engines/index.ts';

export type Connection = DatabaseSettings['connection'];

const BY_NAME: ReadonlyMap<string, Connection> = new Map(
  ENGINES.flatMap(({ connection, alsoNamed }) =>
    [connection, ...alsoNamed].map((name) => [name, connection] as const),
  ),
);

/** In any case of letters; undefined where no kind of ours is meant. */
export function connectionNamed(text: string | undefined): Connection | undefined {
  return text === undefined ? undefined : BY_NAME.get(text.trim().toLowerCase());
}

export function defaultPort(connection: ServerSettings['connection']): number {
  const port = ENGINES.find((engine) => engine.connection === connection)?.defaultPort;
  if (port === undefined || port === null)
    throw new TypeError(`no engine on a server is called ${connection}`);
  return port;
}
