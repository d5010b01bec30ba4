/** What others do to get rid of old rows: one statement, a plain loop, pt-archiver. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../src/engines/index.ts';
import { type Database, FINISHED } from '../src/schema/index.ts';
import type { TestServer } from '../tests/servers/index.ts';

export type Peer = (engine: Engine, limits: Limits) => Promise<void>;

export interface Limits {
  /** Jobs created before this instant go. */
  readonly olderThan: string;
  /** So many of the newest log entries stay. */
  readonly keepLogs: number;
  readonly server: TestServer | undefined;
}

export const JOB_PEERS: Readonly<Record<string, Peer>> = {
  async statement(engine, { olderThan }) {
    const db = engine.kysely<Database>();
    await db
      .deleteFrom('job')
      .where('DatCreate', '<', olderThan)
      .where('status', 'in', ['ok', 'failed', 'canceled'])
      .execute();
  },
  async loop(engine, { olderThan }) {
    const db = engine.kysely<Database>();
    for (let after = 0n; ; ) {
      const jobs = await db
        .selectFrom('job')
        .select('id')
        .where('id', '>', after)
        .where('DatCreate', '<', olderThan)
        .where('status', 'in', FINISHED)
        .orderBy('id')
        .limit(1_000)
        .execute();
      const ids = jobs.map(({ id }) => id);
      if (ids.length === 0) return;
      for (const table of ['artifacts', 'logger'] as const)
        await db.deleteFrom(table).where('job_id', 'in', ids).execute();
      await db.deleteFrom('job').where('id', 'in', ids).execute();
      after = ids.at(-1) ?? after;
    }
  },
  'pt-archiver': (_, limits) =>
    ptArchiver(limits, 'job', `DatCreate < '${limits.olderThan}' and status in ('ok', 'failed', 'canceled')`),
};

export const LOG_PEERS: Readonly<Record<string, Peer>> = {
  async statement(engine, { keepLogs }) {
    const db = engine.kysely<Database>();
    // The PHP edition's; MySQL takes a LIMIT in a subquery only one level down.
    await sql`delete from logger where id not in (select id from (select id from logger order by id desc limit ${sql.lit(keepLogs)}) as newest)`.execute(
      db,
    );
  },
  async loop(engine, { keepLogs }) {
    const db = engine.kysely<Database>();
    const border = await db
      .selectFrom('logger')
      .select('id')
      .orderBy('id', 'desc')
      .offset(keepLogs - 1)
      .limit(1)
      .executeTakeFirstOrThrow();
    for (;;) {
      const old = await db
        .selectFrom('logger')
        .select('id')
        .where('id', '<', border.id)
        .orderBy('id')
        .limit(1_000)
        .execute();
      if (old.length === 0) return;
      const ids = old.map(({ id }) => id);
      await db.deleteFrom('logger').where('id', 'in', ids).execute();
    }
  },
  'pt-archiver': async (engine, limits) => {
    const { id } = await engine
      .kysely<Database>()
      .selectFrom('logger')
      .select('id')
      .orderBy('id', 'desc')
      .offset(limits.keepLogs - 1)
      .limit(1)
      .executeTakeFirstOrThrow();
    return ptArchiver(limits, 'logger', `id < ${id}`);
  },
};

/** Whether there is a pt-archiver on this machine (Debian: percona-toolkit). */
export function hasPtArchiver(): boolean {
  return spawnSync('pt-archiver', ['--version']).status === 0;
}

/** In bulk by the primary key, 5,000 rows a statement and commit: its fastest way here. Children cascade. */
async function ptArchiver({ server }: Limits, table: string, where: string): Promise<void> {
  if (!server) throw new Error('pt-archiver knows no SQLite');
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bench-'));
  const login = join(directory, 'login.cnf');
  writeFileSync(login, `[client]\nuser=${server.user}\npassword=${server.password}\n`, { mode: 0o600 });
  const index = table === 'job' ? 'ix_job_DatCreate_id' : 'PRIMARY';
  const words = [
    '--source',
    `F=${login},h=${server.host},P=${server.port},D=bench,t=${table},i=${index}`,
    ...['--purge', '--bulk-delete', '--commit-each', '--limit', '5000', '--no-check-charset'],
    ...['--where', where],
  ];
  const child = spawn('pt-archiver', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const status = await new Promise((resolve) => child.once('close', resolve));
  rmSync(directory, { recursive: true });
  if (status !== 0) throw new Error(`pt-archiver ended with ${status}`);
}

export async function countAll(db: Kysely<Database>): Promise<number> {
  let sum = 0;
  for (const table of ['job', 'artifacts', 'logger'] as const) {
    const row = await db.selectFrom(table).select(sql<bigint>`count(*)`.as('n')).executeTakeFirstOrThrow();
    sum += Number(row.n);
  }
  return sum;
}
