/** A member of a replication group of MySQL is asked what it is, and a purge takes a lease there. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyPurge, planPurge } from '../../src/cleanup/index.ts';
import { readLease } from '../../src/leases/index.ts';
import { PURGE_LOCK, SCHEMA_LOCK } from '../../src/schema/index.ts';
import { isAvailable, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { everyFinishedJob } from '../harness/rule-books.ts';
import { type Group, provideGroup } from '../servers/index.ts';

describe.skipIf(!isAvailable('mysql'))('a member of a replication group', () => {
  let group: Group | undefined;
  beforeAll(async () => {
    group = await provideGroup();
  });
  afterAll(() => group?.stop());

  test('is migrated and purged under leases, and each transaction writes to the one that it holds', async ({
    skip,
  }) => {
    if (!group) return skip('no server with the plugin of Group Replication is to be had');
    const database = await migratedDatabase(group.member);
    const { engine } = database;
    const db = engine.kysely<unknown>();
    const { rows: members } =
      await sql`select member_state from performance_schema.replication_group_members where member_state = 'ONLINE'`.execute(
        db,
      );
    expect([members.length, await engine.locksReachAllWriters()]).toEqual([1, false]);
    expect(await engine.serverProducts()).toMatchObject([{ name: 'Group Replication', tested: true }]);
    const limits = { transactionIdShare: 1, preparedSeconds: 1e9, keptLogBytes: 2 ** 50 };
    expect(await engine.conditions(db, limits)).toEqual([]);
    await sql`create table keyless (word varchar(9))`.execute(db);
    const [keyless] = await engine.conditions(db, limits);
    expect(keyless?.about).toBe('primary-key:keyless');
    await sql.raw(keyless?.fix ?? '').execute(db);
    expect(await engine.conditions(db, limits)).toEqual([]);
    expect(await readLease(engine, SCHEMA_LOCK)).toMatchObject({ term: 1n, released: true });
    await makeCompany(engine);
    await makeHistory(engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 1, logs: 1 }], []);
    const plan = await planPurge(engine, everyFinishedJob());
    await applyPurge(engine, plan, { program: 'a test', waitMs: 0 });
    expect(await readLease(engine, PURGE_LOCK)).toMatchObject({ term: 1n, held: false, released: true });
    const { rows } = await sql`select writes from multiflexi_lease where name = ${PURGE_LOCK}`.execute(db);
    expect(rows).toEqual([{ writes: 1n }]);
    await database.drop();
  });
});
