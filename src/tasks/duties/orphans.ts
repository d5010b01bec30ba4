/** Does to rows that refer to nothing what the delete rule of their foreign key would have done, had it been in force. */
import * as z from 'zod/mini';
import {
  type ArchivedKey,
  deleteOrphans,
  type ForeignKey,
  type FoundOrphans,
  findOrphans,
  isArchived,
  type OrphanPosition,
  type OrphansOfKey,
  type RemovedOrphans,
  tablesWithDependents,
  unlinkOrphans,
  whileNothingIsPurged,
} from '../../cleanup/index.ts';
import { INSTANT_TEXT } from '../../schema/index.ts';
import { rows } from '../../written-numbers.ts';
import { foreignKeys } from '../foreign-keys.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult, DutyStep } from './duty.ts';
import { nothingToDo, SINGULAR } from './purging.ts';

const LOCK_WAIT_MS = 60_000;
/** So many ids are named; the others are counted. */
const NAMED = 10;

const VALUE = z.string().check(z.regex(/^-?\d{1,19}$/));
const POSITION = z.object({
  from: z.record(z.string(), VALUE),
  seen: z.record(z.string(), z.record(VALUE, INSTANT_TEXT)),
});

export const orphans: Duty = {
  name: 'orphans',
  summary:
    'deletes rows whose parent is missing, archived first, sets references to missing rows to null, and reports the others, as their foreign keys say',
  deletes: true,
  settings: ['ARCHIVE_DIR'],
  plan: planOrphans,
};

/** What becomes of the orphans of a foreign key; in the order in which it is done. */
interface Work {
  readonly deleted: readonly OrphansOfKey<ArchivedKey>[];
  readonly unlinked: readonly FoundOrphans[];
  readonly reported: readonly FoundOrphans[];
}

async function planOrphans(context: DutyContext): Promise<DutyPlan> {
  const { engine, now, signal, archive } = context;
  const before = positionOf(context.position);
  const { orphans: found, position } = await findOrphans(engine, foreignKeys(), before, now, signal);
  if (found.length === 0) return { ...nothingToDo(), position };
  const cascades = found.some(({ key }) => key.onDelete === 'cascade');
  const depended = cascades ? await tablesWithDependents(engine) : new Set<string>();
  const work = divide(found, (key) => archive !== null && !depended.has(key.table));
  const note = noteOf(work, archive === null, depended);
  return {
    steps: stepsOf(work, work.deleted.map(lengthOf), work.unlinked.map(lengthOf)),
    position,
    note,
    run: () => carryOut(context, work, { before, position }, note),
  };
}

function positionOf(position: unknown): OrphanPosition {
  const parsed = POSITION.safeParse(position);
  return parsed.success ? parsed.data : { from: {}, seen: {} };
}

function divide(found: readonly FoundOrphans[], mayDelete: (key: ForeignKey) => boolean): Work {
  const deleted: OrphansOfKey<ArchivedKey>[] = [];
  const unlinked: FoundOrphans[] = [];
  const reported: FoundOrphans[] = [];
  for (const one of found) {
    const { key, ids } = one;
    if (key.onDelete === 'set null') unlinked.push(one);
    else if (key.onDelete === 'cascade' && isArchived(key) && mayDelete(key)) deleted.push({ key, ids });
    else reported.push(one);
  }
  return { deleted, unlinked, reported };
}

async function carryOut(
  { engine, program, fence, signal, archive, timeBudgetMs }: DutyContext,
  work: Work,
  { before, position }: { readonly before: OrphanPosition; readonly position: OrphanPosition },
  note: string | undefined,
): Promise<DutyResult> {
  const budget = AbortSignal.timeout(Math.max(1, Math.round(timeBudgetMs)));
  const ended = AbortSignal.any([signal, budget].filter((one) => one !== undefined));
  const waitMs = Math.min(LOCK_WAIT_MS, timeBudgetMs);
  const request = { program, waitMs, fence, signal: ended };
  const unlinked: number[] = [];
  let deleted: readonly number[] = [];
  let removal: RemovedOrphans | undefined;
  try {
    for (const one of work.unlinked) unlinked.push(await unlinkOrphans(engine, request, one));
    if (archive && work.deleted.length > 0 && !ended.aborted) {
      removal = await whileNothingIsPurged(engine, request, () =>
        deleteOrphans(engine, archive, work.deleted, request),
      );
      deleted = removal.deleted;
    }
  } catch (error) {
    if (!ended.aborted || error !== ended.reason) throw error;
  }
  const stopped = ended.aborted ? (signal?.aborted ? 'interrupted' : 'time budget') : null;
  return {
    steps: stepsOf(work, deleted, unlinked),
    bytes: null,
    backlog: null,
    // What was not reached is found again from the same place.
    position: stopped === null ? position : { from: before.from, seen: position.seen },
    stopped,
    note: [note, ...removalNotes(removal)].filter((one) => one !== undefined).join(' ') || undefined,
  };
}

function removalNotes(removal: RemovedOrphans | undefined): readonly (string | undefined)[] {
  const { refused: [first, ...others] = [], archive } = removal ?? {};
  return [
    first &&
      `${first} It was kept${others.length === 0 ? '' : `, as ${others.length === 1 ? 'was one more' : `were ${others.length} more`}`}.`,
    archive ? `Archived in ${archive.name}.` : undefined,
  ];
}

function stepsOf(work: Work, deleted: readonly number[], unlinked: readonly number[]): DutyStep[] {
  const steps: DutyStep[] = [
    ...work.unlinked.map(({ key }, place) => ({
      action: 'correct' as const,
      what: nameOf(key),
      count: unlinked[place] ?? 0,
      detail: `${key.column} set to null, as its ${key.target} does not exist`,
    })),
    ...work.deleted.map(({ key }, place) => ({
      action: 'delete' as const,
      what: nameOf(key),
      count: deleted[place] ?? 0,
      detail: `its ${key.target} does not exist; archived first`,
    })),
    ...work.reported.map(({ key, ids }) => ({
      action: 'report' as const,
      what: nameOf(key),
      count: ids.length,
      detail: `its ${key.target} (${key.column}) does not exist: id ${idsText(ids)}`,
    })),
  ];
  return steps.filter(({ count }) => count > 0);
}

function noteOf(
  { reported }: Work,
  lacksArchive: boolean,
  depended: ReadonlySet<string>,
): string | undefined {
  const cascades = reported.filter(({ key }) => key.onDelete === 'cascade');
  const wouldDelete = cascades.some(({ key }) => isArchived(key) && !depended.has(key.table));
  const others = new Set(cascades.filter(({ key }) => !isArchived(key)).map(({ key }) => key.table));
  const withRows = new Set(cascades.filter(({ key }) => depended.has(key.table)).map(({ key }) => key.table));
  const notes = [
    lacksArchive && wouldDelete
      ? 'Rows without a parent are deleted only once they can be archived: set ARCHIVE_DIR.'
      : '',
    others.size > 0
      ? `Archives do not take rows of ${[...others].join(', ')}: check those that were reported, and delete them.`
      : '',
    withRows.size > 0
      ? `Rows of tables that are not MultiFlexi's depend on ${[...withRows].join(', ')}: rows without a parent there are only reported.`
      : '',
  ];
  return notes.filter((one) => one !== '').join(' ') || undefined;
}

function nameOf({ table }: ForeignKey): string {
  return (SINGULAR as Readonly<Record<string, string>>)[table] ?? `row of ${table}`;
}

function idsText(ids: readonly bigint[]): string {
  const named = ids.slice(0, NAMED).join(', ');
  return ids.length > NAMED ? `${named} and ${rows(ids.length - NAMED)} more` : named;
}

function lengthOf({ ids }: { readonly ids: readonly bigint[] }): number {
  return ids.length;
}
