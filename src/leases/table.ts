/** The table of leases: a row a name, made when the first lease is taken or by a change of the schema. */
import { type Kysely, sql } from 'kysely';
import type { Engine, TableDefinition } from '../engines/index.ts';

export const LEASES = 'multiflexi_lease';

/** Times are milliseconds since 1970-01-01 UTC by the database's clock, so that every engine reckons with them alike. */
const LEASE_TABLE: TableDefinition = {
  name: LEASES,
  comment: 'Who may work alone; kept by multiflexi-cli',
  primaryKey: ['name'],
  columns: [
    { name: 'name', type: { kind: 'string', length: 64 }, comment: 'What it is for', nullable: false },
    { name: 'term', type: { kind: 'bigint' }, comment: 'Grows by one with each holder', nullable: false },
    { name: 'program', type: { kind: 'string', length: 255 }, comment: 'What holds it', nullable: false },
    { name: 'host', type: { kind: 'string', length: 255 }, comment: 'Host it runs on', nullable: false },
    { name: 'pid', type: { kind: 'integer' }, comment: 'Its process there', nullable: false },
    { name: 'since', type: { kind: 'bigint' }, comment: 'When it was taken (ms UTC)', nullable: false },
    { name: 'renewed', type: { kind: 'bigint' }, comment: 'When it was renewed (ms UTC)', nullable: false },
    { name: 'time_to_live', type: { kind: 'bigint' }, comment: 'For how many ms then', nullable: false },
    { name: 'released', type: { kind: 'boolean' }, comment: 'Its holder has let go of it', nullable: false },
    {
      name: 'writes',
      type: { kind: 'bigint' },
      comment: 'Transactions under it where locks do not reach all nodes',
      nullable: false,
    },
  ],
};

export interface LeaseRow {
  name: string;
  term: bigint;
  program: string;
  host: string;
  pid: number;
  since: bigint;
  renewed: bigint;
  time_to_live: bigint;
  released: boolean;
  writes: bigint;
}

export interface LeaseTables {
  [LEASES]: LeaseRow;
}

/** Makes the table unless it exists. @throws PERMISSION_DENIED for an account that may not */
export async function provideLeases(engine: Engine): Promise<void> {
  if (await isThere(engine)) return;
  const make = async (db: Kysely<unknown>) => {
    for (const { sql: text } of engine.ddl.createTable(LEASE_TABLE)) await sql.raw(text).execute(db);
  };
  const db = engine.kysely<unknown>();
  try {
    await (engine.capabilities.transactionalDdl ? db.transaction().execute(make) : make(db));
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!(await isThere(engine))) throw error;
  }
}

export async function isThere(engine: Engine): Promise<boolean> {
  return (await engine.tableNames()).includes(LEASES);
}
