/** What is known of an engine before one of its databases is opened: nothing here loads a driver. */
import type { DatabaseSettings } from './connection-settings.ts';
import type { Access } from './contract/connection.ts';
import type { Ddl } from './contract/ddl.ts';
import type { Engine } from './engine.ts';
import type { StatementLog } from './statement-log.ts';

export interface EngineProfile {
  /** One word; it stands in documents, in reports and in migrations that differ between engines. */
  readonly name: string;
  /** What `DB_CONNECTION` calls it. Engines of one protocol share it: the server itself says which it is. */
  readonly connection: DatabaseSettings['connection'];
  /** What people, installers and other programs' drivers write there instead. */
  readonly alsoNamed: readonly string[];
  /** Null for a file. */
  readonly defaultPort: number | null;
  /** Its SQL without a database. */
  ddl(): Promise<Ddl>;
  /**
   * Loads the driver, connects, and checks the version. Called with settings of its own connection alone, so that an
   * implementation may take just these.
   */
  open(settings: DatabaseSettings, access: Access, log?: StatementLog): Promise<Engine>;
}
