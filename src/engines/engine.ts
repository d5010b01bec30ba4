/**
 * The contract that every database engine keeps. It is the only thing the rest of the house knows of a
 * database: a difference between engines is a method or a named capability here, never a question for the
 * engine's name elsewhere. It is made of roles, a file each in `contract/`; whoever needs one of them takes that one.
 * `tests/conformance/<role>.test.ts` runs every member of a role against every engine.
 *
 * Values, the same on every engine: `bigint` columns are JavaScript bigint, `integer` number, `boolean`
 * boolean, `datetime` text `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, `json` JSON text, `binary` Buffer. `count(*)`
 * is a bigint. Every failure of a driver leaves the engine as a `MultiFlexiError`, without secrets.
 */
import type { Catalogue } from './contract/catalogue.ts';
import type { Connection } from './contract/connection.ts';
import type { SchemaChanges } from './contract/ddl.ts';
import type { Integrity } from './contract/integrity.ts';
import type { Locks } from './contract/locks.ts';
import type { Replication } from './contract/replication.ts';
import type { Rows } from './contract/rows.ts';
import type { Snapshots } from './contract/snapshots.ts';
import type { Upkeep } from './contract/upkeep.ts';

export interface Engine
  extends Connection,
    Catalogue,
    SchemaChanges,
    Locks,
    Rows,
    Snapshots,
    Upkeep,
    Integrity,
    Replication {}
