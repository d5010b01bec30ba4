/** Changing the platform's database: what would be done, and what stands in its way. Reads only. */
import { type DatabaseSettings, type Engine, openEngine } from '../../engines/index.ts';
import { databaseMark } from '../../schema/index.ts';
import { planReplacement, type RawSettings, type Replacement } from '../../settings/index.ts';
import {
  type Journal,
  type JournalDatabase,
  type MovedTable,
  movedTables,
  nothingToReturnTo,
  ofOneMoment,
  sumOf,
} from '../../transfer/index.ts';
import { type Consent, tokenOf } from '../consent.ts';
import type { TaskContext } from '../context.ts';
import { type Preflight, preflight } from './preflight.ts';
import { type Situation, situationOf } from './situation.ts';

export interface SwitchRequest {
  /** The file in which the settings are replaced. */
  readonly settingsFile: string;
  /** What they become, as they are written. */
  readonly written: RawSettings;
  /** The file that has them, on the way back to the database that was used before. */
  readonly returnsBy: string | null;
  /** Of the two databases: each is opened several times. */
  readonly source: DatabaseSettings;
  readonly target: DatabaseSettings;
  /** Names of what may stay behind. */
  readonly except: readonly string[];
}

export interface SwitchPlan extends Omit<Preflight, 'tables'> {
  readonly from: JournalDatabase;
  readonly to: JournalDatabase;
  readonly situation: Situation;
  readonly tables: readonly MovedTable[];
  readonly replacement: Replacement;
  /** Estimates from how long the rows took to read, in milliseconds. */
  readonly copyMs: number;
  readonly stopMs: number;
  readonly consents: readonly Consent[];
}

/** Rows are read and written in the first copy, and both sides are read for the comparisons. */
const COPY_FACTOR = 4;
const STOP_FACTOR = 2;

/** @returns null where it is done already */
export async function planSwitch(context: TaskContext, request: SwitchRequest): Promise<SwitchPlan | null> {
  const { engine: source, signal, onProgress } = context;
  const target = await openEngine(request.target, 'inspect');
  try {
    const back = request.returnsBy !== null;
    const situation = await situationOf(request.settingsFile, back, source, target);
    if (situation.kind === 'done') return null;
    if (back && situation.kind === 'begins') throw nothingToReturnTo(request.settingsFile);
    const replacement = planReplacement(request.settingsFile, request.written);
    let looked = 0;
    const found = await preflight({
      source,
      target,
      isCopy: situation.kind !== 'begins',
      except: request.except,
      signal,
      onRows: (rows) => {
        looked += rows;
        onProgress?.({ activity: 'checking', done: looked, expected: looked, unit: 'rows' });
      },
    });
    return {
      ...found,
      from: await databaseOf(source),
      to: await databaseOf(target),
      situation,
      replacement,
      copyMs: found.readingMs * COPY_FACTOR,
      stopMs: found.readingMs * STOP_FACTOR,
      consents: situation.kind === 'returns' ? await writtenSince(target, situation.left, signal) : [],
    };
  } finally {
    await target.close();
  }
}

export async function databaseOf(engine: Engine): Promise<JournalDatabase> {
  return { where: engine.where, product: engine.product, mark: await databaseMark(engine) };
}

/** What its rows were when the platform left it, the receipt says. */
async function writtenSince(left: Engine, { receipt }: Journal, signal?: AbortSignal): Promise<Consent[]> {
  const before = new Map(receipt?.tables.map((one) => [one.table, one]));
  const tables: string[] = [];
  const digests: string[] = [];
  const { tables: moved } = await movedTables(left);
  await ofOneMoment(left, async (side) => {
    for (const { table } of moved) {
      const sum = await sumOf(side, table, { first: null, last: null }, { signal });
      const was = before.get(table.name);
      if (was?.rows === sum.rows && was.digest === sum.digest) continue;
      tables.push(table.name);
      digests.push(sum.digest);
    }
  });
  if (tables.length === 0) return [];
  return [
    { kind: 'written-since', where: left.where, tables, confirmedBy: tokenOf([left.where, tables, digests]) },
  ];
}
