/**
 * About how many bytes of content a plan takes along: a few rows, evenly spread over those that go, are measured, and
 * their average is taken for all. What it costs depends on neither the number of rows nor their size, as a sum would
 * (MySQL reads a content to tell its length).
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { CatalogColumn, Engine } from '../../engines/index.ts';
import { type Database, JOB_AGE, LOG_AGE, LOWEST_ID } from '../../schema/index.ts';
import type { FinishedStatus } from '../rules/rules.ts';
import { type Key, newer, older } from '../selection/boundary.ts';
import { inScope, ofCompany } from '../selection/queries.ts';
import type { JobScope, LogScope } from '../selection/scopes.ts';

/** How many rows of a scope are to be deleted, and between which ids. */
export interface CountedRows<Scope> {
  readonly scope: Scope;
  readonly rows: number;
  readonly lowest: bigint;
  readonly highest: bigint;
}

export type CountedJobs = CountedRows<JobScope & { readonly status: FinishedStatus }>;

export type Measured = 'job' | 'artifacts' | 'logger' | 'token' | 'housekeeping_run';

const PROBES = 50;
/** Rows that are measured at a place: the first one behind a gap may be of another kind than the rest. */
const RUN = 3;
/** Children of the jobs at a place that are measured, of each table. */
const CHILDREN = 20;
/** So much was measured that the rest is taken for the same. */
const ENOUGH_BYTES = 64 * 1024 * 1024;

/** Rows that were measured. */
export class Sample {
  rows = 0;
  bytes = 0;

  add(sizes: readonly number[]): void {
    this.rows += sizes.length;
    this.bytes += sizes.reduce((sum, size) => sum + size, 0);
  }

  /** What so many rows of the same kind take. */
  of(rows: number): number {
    return this.rows === 0 ? 0 : Math.round((this.bytes / this.rows) * rows);
  }
}

export class Payload {
  private readonly engine: Engine;
  private readonly db: Kysely<Database>;
  private readonly octets: ReadonlyMap<string, RawBuilder<unknown>>;

  private constructor(engine: Engine, octets: ReadonlyMap<string, RawBuilder<unknown>>) {
    this.engine = engine;
    this.db = engine.kysely<Database>();
    this.octets = octets;
  }

  static async open(engine: Engine): Promise<Payload> {
    const tables = await engine.introspect();
    const octets = tables.map(({ name, columns }) => [name, octetsOf(engine, columns)] as const);
    return new Payload(engine, new Map(octets));
  }

  /** Of jobs, and of the children that they take along. */
  async jobs(counted: readonly CountedJobs[]): Promise<Record<'job' | 'artifacts' | 'logger', Sample>> {
    const samples = { job: new Sample(), artifacts: new Sample(), logger: new Sample() };
    for (const { scope, id } of places(counted)) {
      const run = await this.jobsFrom(scope, id);
      samples.job.add(run.map(({ bytes }) => bytes));
      for (const table of ['artifacts', 'logger'] as const)
        samples[table].add(
          await this.children(
            table,
            run.map((job) => job.id),
          ),
        );
      if (samples.job.bytes + samples.artifacts.bytes + samples.logger.bytes > ENOUGH_BYTES) break;
    }
    return samples;
  }

  /** Of log entries that go by their own age. */
  async logs(counted: readonly CountedRows<LogScope>[]): Promise<Sample> {
    const sample = new Sample();
    for (const { scope, id } of places(counted)) {
      sample.add((await this.logsFrom(scope, id)).map(({ bytes }) => bytes));
      if (sample.bytes > ENOUGH_BYTES) break;
    }
    return sample;
  }

  /** Of the first rows of a table that meet a condition. */
  async first(table: Measured, condition: RawBuilder<unknown> = sql`1 = 1`): Promise<Sample> {
    const { rows } = await sql<{ bytes: unknown }>`
      select ${this.bytes(table)} as bytes from ${sql.table(table)}
      where ${condition} limit ${sql.lit(PROBES)}`.execute(this.db);
    const sample = new Sample();
    sample.add(rows.map(({ bytes }) => Number(bytes)));
    return sample;
  }

  /** Those held are among them: to look for others could mean to read very many. */
  private async jobsFrom(scope: CountedJobs['scope'], id: bigint): Promise<MeasuredRow[]> {
    const from = await this.db
      .selectFrom('job')
      .select(['job.id', 'job.DatCreate as at'])
      .where('job.id', '>=', id)
      .orderBy('job.id')
      .limit(1)
      .executeTakeFirst();
    const run = (after?: Key) => runOfJobs(this.db, scope, this.bytes('job'), after);
    return orElse(from && run(justBefore(from)), run());
  }

  private async logsFrom(scope: LogScope, id: bigint): Promise<MeasuredRow[]> {
    const from = await this.db
      .selectFrom('logger')
      .select(['logger.id', 'logger.created_at as at'])
      .where('logger.id', '>=', id)
      .orderBy('logger.id')
      .limit(1)
      .executeTakeFirst();
    const run = (after?: Key) => runOfLogs(this.db, scope, this.bytes('logger'), after);
    return orElse(from && run(justBefore(from)), run());
  }

  private async children(table: 'artifacts' | 'logger', jobs: readonly bigint[]): Promise<number[]> {
    if (jobs.length === 0) return [];
    const rows = await this.db
      .selectFrom(table)
      .select(sql<bigint>`${this.bytes(table)}`.as('bytes'))
      .where(this.engine.among('job_id', jobs))
      .limit(CHILDREN)
      .execute();
    return rows.map(({ bytes }) => Number(bytes));
  }

  private bytes(table: Measured): RawBuilder<unknown> {
    return this.octets.get(table) ?? sql`0`;
  }
}

/** Answered by the index that the purge itself walks down. */
export function runOfJobs(
  db: Kysely<Database>,
  scope: CountedJobs['scope'],
  bytes: RawBuilder<unknown>,
  after: Key | undefined,
) {
  const query = db
    .selectFrom('job')
    .select(['job.id', sql<bigint>`${bytes}`.as('bytes')])
    .where(inScope(scope))
    .where('job.status', '=', scope.status)
    .where(older(JOB_AGE, scope.before));
  const from = after ? query.where(newer(JOB_AGE, after)) : query;
  return from.orderBy('job.DatCreate').orderBy('job.id').limit(RUN);
}

export function runOfLogs(
  db: Kysely<Database>,
  scope: LogScope,
  bytes: RawBuilder<unknown>,
  after: Key | undefined,
) {
  const query = db
    .selectFrom('logger')
    .select(['logger.id', sql<bigint>`${bytes}`.as('bytes')])
    .where(ofCompany(scope))
    .where(older(LOG_AGE, scope.before));
  const from = after ? query.where(newer(LOG_AGE, after)) : query;
  return from.orderBy('logger.created_at').orderBy('logger.id').limit(RUN);
}

/** Places evenly spread over all rows; any number of the first of them is so as well (steps by the golden ratio). */
export function* places<Scope>(
  counted: readonly CountedRows<Scope>[],
): Generator<{ readonly scope: Scope; readonly id: bigint }> {
  const total = counted.reduce((sum, { rows }) => sum + rows, 0);
  for (let probe = 0; probe < Math.min(PROBES, total); probe++) {
    let place = ((probe * GOLDEN) % 1) * total;
    for (const { scope, rows, lowest, highest } of counted) {
      if (place < rows) {
        yield { scope, id: lowest + BigInt(Math.floor((place / rows) * Number(highest - lowest + 1n))) };
        break;
      }
      place -= rows;
    }
  }
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

interface MeasuredRow {
  readonly id: bigint;
  readonly bytes: number;
}

interface Rows {
  execute(): Promise<readonly { readonly id: bigint; readonly bytes: unknown }[]>;
}

/** From the beginning of the scope where nothing is behind the place: ids need not rise with the instants. */
async function orElse(query: Rows | undefined, beginning: Rows): Promise<MeasuredRow[]> {
  const found = (await query?.execute()) ?? [];
  const rows = found.length > 0 ? found : await beginning.execute();
  return rows.map(({ id, bytes }) => ({ id, bytes: Number(bytes) }));
}

/** There is no id below the lowest: from there on is from the beginning. */
function justBefore({ at, id }: Key): Key | undefined {
  return id > LOWEST_ID ? { at, id: id - 1n } : undefined;
}

function octetsOf(engine: Engine, columns: readonly Pick<CatalogColumn, 'name' | 'type'>[]) {
  return sql.join(
    columns.map(({ name, type }) => sql`coalesce(octet_length(${engine.asText(name, type)}), 0)`),
    sql` + `,
  );
}
