/** Growth for people, in 100 columns unless the terminal has more: what is unknown is said to be, and a forecast is a range. */
import {
  type Growth,
  type GrowthOf,
  LEAST_DAYS,
  LEAST_SAMPLES,
  type OwnerShares,
  type Reach,
  SHARE_DAYS,
} from '../../tasks/index.ts';
import { bytes, rows } from '../numbers.ts';
import { sparkline } from '../sparkline.ts';
import { textTable, widthOf } from '../table.ts';

const SPARK_WIDTH = 10;
/** Changes over more days are shown where there is room beside the others, and something to show. */
const LONGEST_DAYS = 30;
const UNKNOWN = 'unknown';

/** One line, for below the sizes. */
export function growthLine(growth: Growth): string {
  const known = growth.whole.changes.findLast((change) => change.bytes !== null);
  const change = known
    ? `${signed(known.bytes)} in ${known.days === 1 ? '1 day' : `${known.days} days`}`
    : `${UNKNOWN}, as samples are missing`;
  const full = growth.diskFull ? `; disk full ${reachText(growth.diskFull)}` : '';
  return `Growth: ${change}${full}`;
}

/** @param width of the terminal, in columns */
export function growthTable(growth: Growth, limit: number | undefined, width: number): string {
  const isKnown = growth.whole.changes.some(
    ({ days, bytes: change }) => days > LONGEST_DAYS && change !== null,
  );
  if (isKnown) {
    const all = growthColumns(growth, limit, Number.POSITIVE_INFINITY);
    if (widthOf(all) <= width) return all;
  }
  return growthColumns(growth, limit, LONGEST_DAYS);
}

function growthColumns(growth: Growth, limit: number | undefined, longestDays: number): string {
  const changesOf = ({ changes }: GrowthOf) => changes.filter(({ days }) => days <= longestDays);
  const numbers = [
    'Now',
    ...changesOf(growth.whole).map(({ days }) => (days === 1 ? '1 day' : `${days} days`)),
  ];
  const columns = ['Table', ...numbers, 'Last month', 'Doubles'].map((title, at) => ({
    title,
    align: at === 0 || at > numbers.length ? ('left' as const) : ('right' as const),
  }));
  const lines = [growth.whole, ...growth.tables.slice(0, limit)].map((each) => [
    each.name === '' ? '(total)' : each.name,
    each.bytes === null ? UNKNOWN : bytes(each.bytes),
    ...changesOf(each).map((change) => signed(change.bytes)),
    sparkline(each.daily, SPARK_WIDTH),
    shortReach(each),
  ]);
  return textTable(columns, lines);
}

/** What stands under the table. */
export function growthNotes(growth: Growth): string[] {
  const { oldest, newest, whole, diskFull, diskFullUnknown } = growth;
  const notes = [`Samples: ${oldest?.slice(0, 16)} to ${newest?.slice(0, 16)} UTC`];
  if (diskFull) notes.push(`Disk full: ${reachText(diskFull)}`);
  else if (diskFullUnknown === 'disk unseen')
    notes.push("Disk full: unknown, as the disk of the database's server cannot be seen from here");
  else
    notes.push(
      `Disk full: unknown, as forecasts take ${LEAST_SAMPLES} daily samples over ${LEAST_DAYS} days`,
    );
  if (whole.rate)
    notes.push(
      `Forecasts follow from ${whole.rate.samples} daily samples over ${whole.rate.days} days; eight in ten rates between two of them lie in the range.`,
    );
  return notes;
}

export function sharesTable({ by, owners }: OwnerShares, limit: number): string {
  const withLogs = by === 'company';
  const titles = [
    withLogs ? 'Company' : 'Run template',
    'Jobs',
    ...(withLogs ? ['Log entries'] : []),
    'Artifacts a job',
    'Growth',
    'Share',
  ];
  const lines = owners
    .slice(0, limit)
    .map((owner) => [
      owner.id === null ? '(none)' : `${owner.id} ${shortened(owner.name ?? '')}`,
      rows(owner.jobs),
      ...(withLogs ? [rows(owner.logEntries ?? 0)] : []),
      owner.artifactBytesPerJob === null ? UNKNOWN : `~${bytes(owner.artifactBytesPerJob)}`,
      `~${bytes(owner.bytes)}`,
      percent(owner.share),
    ]);
  return textTable(
    titles.map((title, at) => ({ title, align: at === 0 ? ('left' as const) : ('right' as const) })),
    lines,
  );
}

export function sharesNote({ by, owners, more }: OwnerShares, limit: number): string {
  const hidden = owners.length - limit;
  return [
    ...(hidden > 0 ? [`${rows(hidden)} more have jobs${by === 'company' ? ' or log entries' : ''}.`] : []),
    ...(more ? ['Only the 10,000 that were made last were looked at.'] : []),
    `Of the last ${SHARE_DAYS} days: ${by === 'company' ? 'jobs and log entries are' : 'jobs are'} counted; bytes are estimated from the size of an average row and the artifacts of some jobs of each.`,
  ].join(' ');
}

export function percent(share: number): string {
  const percents = share * 100;
  return percents > 0 && percents < 1 ? '<1 %' : `${Math.round(percents)} %`;
}

/** As the end of a sentence that begins with what will be. */
export function reachText({ earliest, latest }: Reach): string {
  if (earliest === null) return 'not within 10 years';
  if (latest === null) return `not before ${day(earliest)}`;
  return day(earliest) === day(latest)
    ? `on ${day(earliest)}`
    : `between ${day(earliest)} and ${day(latest)}`;
}

/** By month: there is little room, and nothing is known to the day. */
function shortReach({ doubles }: GrowthOf): string {
  if (!doubles) return UNKNOWN;
  const { earliest, latest } = doubles;
  if (earliest === null) return '>10 years';
  const [from, to] = [month(earliest), latest === null ? null : month(latest)];
  if (to === null) return `from ${from}`;
  return from === to ? from : `${from}–${to}`;
}

function signed(change: number | null): string {
  if (change === null) return UNKNOWN;
  return change > 0 ? `+${bytes(change)}` : change < 0 ? `-${bytes(-change)}` : '0 B';
}

const LONGEST_NAME = 30;

function shortened(name: string): string {
  const characters = [...name];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME - 1).join('')}…` : name;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function month(at: number): string {
  return day(at).slice(0, 7);
}
