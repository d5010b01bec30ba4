/** A second thread that sums sees what this one sees, whoever writes meanwhile, and nothing depends on it. */
import { availableParallelism } from 'node:os';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { digestsOf, ofOneMoment, type Side, sumOf } from '../../src/transfer/digest/portions.ts';
import {
  inSharedMoment,
  SummingThread,
  whileNobodyWrites,
  withSummingThread,
  withThread,
} from '../../src/transfer/digest/threads/summing-thread.ts';
import type { RowStreamTable } from '../../src/transfer/row-stream/format.ts';
import { ourTables } from '../../src/transfer/rows/our-tables.ts';
import { streamTableOf } from '../../src/transfer/rows/stream-table.ts';
import { describeEngines, migratedDatabase, type TestDatabase, testWhere } from '../harness/engines.ts';
import { fillNasty } from '../harness/exported.ts';

const ALL = { first: null, last: null };
/** As many as if it were worth it. */
const MANY = { readers: 2, rows: 1_000_000 };
const hasCores = availableParallelism() > 1;

describeEngines('a thread that sums', (name) => {
  let database: TestDatabase;
  let engine: Engine;
  let tables: readonly RowStreamTable[];
  const logger = () => tables.find((table) => table.name === 'logger') as RowStreamTable;
  const shares = hasCores && (name === 'sqlite' || name === 'postgresql');

  beforeAll(async () => {
    const made = await migratedDatabase(name);
    database = made;
    engine = made.engine;
    await fillNasty(engine);
    tables = (await ourTables(engine)).tables.map(streamTableOf);
  });
  afterAll(() => database.drop());

  const summed = async (side: Side, table: RowStreamTable) => {
    const { rows, digest } = await sumOf(side, table, ALL);
    return [rows, digest];
  };
  const log = (db: Engine, message: string) =>
    sql`insert into logger (message) values (${message})`.execute(db.kysely<unknown>());

  testWhere(shares)('has the sums of this thread, and sees nothing of what is written later', async () => {
    const other = await database.open();
    await inSharedMoment(engine, MANY, async (sides) => {
      const thread = sides.at(-1) as Side;
      expect(thread.elsewhere).toBeDefined();
      const before = await summed(sides[0], logger());
      await log(other, 'later');
      for (const table of tables) {
        const sum = await thread.elsewhere?.sum(table, ALL);
        expect([sum?.rows, sum?.digest], table.name).toEqual(await summed(sides[0], table));
      }
      expect(await summed(sides[0], logger())).toEqual(before);
    });
    await other.close();
  });

  testWhere(!shares)('is not there where two sessions may see different moments', async () => {
    await inSharedMoment(engine, MANY, async (sides) => {
      expect(sides.some(({ elsewhere }) => elsewhere !== undefined)).toBe(false);
    });
  });

  testWhere(shares)('sees the same although somebody writes all the time', async () => {
    const other = await database.open();
    let isOver = false;
    const writer = (async () => {
      for (let n = 0; !isOver; n++) {
        await log(other, `busy ${n}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    try {
      for (let time = 0; time < 5; time++)
        await inSharedMoment(engine, MANY, async (sides) => {
          const [first] = await Promise.all(sides.map((side) => summed(side, logger())));
          for (const side of sides) expect(await summed(side, logger())).toEqual(first);
        });
    } finally {
      isOver = true;
      await writer;
      await other.close();
    }
  });

  testWhere(hasCores)('that has ended changes nothing but the time', async () => {
    const thread = SummingThread.start(MANY.rows);
    expect(await thread?.open(engine)).toBe(true);
    expect(await thread?.join(null)).toBe(true);
    await ofOneMoment(engine, async (side) => {
      const wanted = await summed(side, logger());
      if (thread) {
        expect(await summed(withThread(side, thread), logger())).toEqual(wanted);
        const [late] = await Promise.all([summed(withThread(side, thread), logger()), thread.close()]);
        expect(late).toEqual(wanted);
        expect(await summed(withThread(side, thread), logger())).toEqual(wanted);
      }
    });
  });

  testWhere(hasCores)('sees the same while nobody writes, one database after the other', async () => {
    const thread = SummingThread.start(MANY.rows);
    const other = await migratedDatabase(name === 'sqlite' ? 'postgresql' : 'sqlite');
    try {
      for (const one of [engine, other.engine, engine])
        await whileNobodyWrites(one, { readers: 2, thread }, async (sides) => {
          expect(sides.filter(({ elsewhere }) => elsewhere !== undefined)).toHaveLength(1);
          const [first] = await Promise.all(sides.map((side) => summed(side, logger())));
          for (const side of sides) expect(await summed(side, logger())).toEqual(first);
        });
    } finally {
      await thread?.close();
      await other.drop();
    }
  });

  testWhere(hasCores)('has the digests of all rows, unless their sum is known', async () => {
    const thread = SummingThread.start(MANY.rows);
    await whileNobodyWrites(engine, { readers: 1, thread }, async (sides) => {
      for (const table of tables) {
        const [here, there] = await Promise.all([
          digestsOf({ ...sides[0], elsewhere: undefined }, table, ALL, undefined),
          thread?.digests(table, ALL, undefined),
        ]);
        expect(there?.rows, table.name).toEqual(here.rows);
        expect(await thread?.digests(table, ALL, here.sum)).toEqual({ sum: here.sum, rows: null });
      }
    });
    await thread?.close();
  });

  test('is there where this process takes the digests, and the copy is no file', async () => {
    const computes = !engine.rowLines?.digests;
    await withSummingThread([engine], MANY.rows, async (thread) => {
      expect(thread !== undefined).toBe(hasCores && computes && name !== 'sqlite');
    });
  });

  test('is not started for few rows', () => {
    expect(SummingThread.start(99_999)).toBeUndefined();
  });
});
