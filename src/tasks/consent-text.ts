/** What a consent is about, in words. */
import type { Oversized, PlannedDependent, PurgePlan } from '../cleanup/index.ts';
import type { Loss } from '../migrations/index.ts';
import { bytes, counted, rows, seconds } from '../written-numbers.ts';
import type { Consent } from './consent.ts';

/** So many are named; the others are counted. */
const NAMED = 10;

export function consentText(consent: Consent): string {
  switch (consent.kind) {
    case 'oversized':
      return `This would delete more than ${consent.guard} % of the jobs: ${oversizedText(consent.oversized)}.`;
    case 'dependents':
      return [...lostText(consent.dependents), ...hooksText(consent.hooks)].join(' ');
    case 'losses':
      return `This would destroy ${lossTexts(consent.losses).join('; ')}.`;
    case 'origin':
      return `These rows may not belong here: ${consent.differences.join('; ')}.`;
    case 'removal':
      return removalText(consent);
    case 'rebuild':
      return rebuildText(consent);
    case 'written-since':
      return `Somebody has written to ${consent.where} after the platform had left it, and that would be replaced by what is in the present database: ${consent.tables.join(', ')}.`;
  }
}

/** Archives of log entries alone have no jobs. */
function removalText({ archives, jobs, incomplete }: Extract<Consent, { kind: 'removal' }>): string {
  const what = `${counted(archives.length, 'archive')}${jobs > 0 ? ` with ${counted(jobs, 'job')}` : ''}`;
  return `${what} would be removed for good.${incomplete ? ` ${archives.length === 1 ? 'It is incomplete: its' : 'Some are incomplete: their'} run was interrupted or is still running.` : ''}`;
}

function rebuildText({ tables, blocks, milliseconds }: Extract<Consent, { kind: 'rebuild' }>): string {
  const what = tables.length === 0 ? 'the database' : `table ${tables.join(', ')}`;
  const may = blocks === 'everybody' ? 'read or write' : 'write';
  const long =
    milliseconds === null ? 'of which nobody knows yet how long it takes' : `about ${seconds(milliseconds)}`;
  return `Nobody else can ${may} ${what} while it is rebuilt (${long}).`;
}

export function oversizedText(oversized: readonly Oversized[]): string {
  const first = oversized.slice(0, NAMED).map(whose).join(', ');
  const more = oversized.length - NAMED;
  return more > 0 ? `${first} and ${rows(more)} more` : first;
}

function whose({ company, jobs }: Oversized): string {
  return company === null ? `${rows(jobs)} of all jobs` : `${counted(jobs, 'job')} of ${company}`;
}

function lostText(dependents: readonly PlannedDependent[]): string[] {
  if (dependents.length === 0) return [];
  return [`Rows of other tables would be lost as well: ${dependents.map(dependentText).join('; ')}.`];
}

/** Rows of a table that is not ours and depend on rows that are deleted. */
export function dependentText({ table, columns, onDelete, rows: count }: PlannedDependent): string {
  return `${counted(count, 'row')} of ${table} (${columns.join(', ')}, on delete ${onDelete})`;
}

/** Triggers and rules, of which nobody can know what else they delete; no sentence where there are none. */
export function hooksText(hooks: PurgePlan['hooks']): string[] {
  if (hooks.length === 0) return [];
  const named = hooks.map(({ kind, table, name }) => `${kind} ${name} on ${table}`).join(', ');
  return [`It is unknown what these delete or change, and no archive contains it: ${named}.`];
}

export function lossTexts(losses: readonly Loss[]): string[] {
  return losses.map(({ table, column, values, bytes: size }) =>
    column === null
      ? `table ${table} with ${counted(values, 'row')} (${bytes(size)})`
      : `column ${table}.${column} with ${counted(values, 'value')} (${bytes(size)})`,
  );
}
