/** The plan of rebuilds and what came of it, for people. */
import type { OptimizeOutcome, OptimizePlan, PlannedRebuild } from '../../tasks/index.ts';
import { bytes, counted, seconds } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

export function printPlannedOptimize(plan: OptimizePlan, print: (line: string) => void): void {
  const { offer, tables, consents } = plan;
  const chosen = tables.filter((table) => table.chosen);
  for (const table of chosen) for (const line of linesOf(table)) print(line);
  for (const table of tables.filter((one) => !one.chosen && one.reason !== 'too-little'))
    print(`${nameOf(table)}: ${whyNot(table)}`);
  if (chosen.length === 0) {
    print(`Nothing is worth a rebuild (${counted(tables.length, unitOf(plan))} looked at).`);
    const most = tables.find(({ gain }) => gain !== null);
    if (most) print(`The largest known gain is ${bytes(most.gain ?? 0)} (${nameOf(most)}). ${most.how}`);
    return;
  }
  print(`How: ${offer.method}`);
  print(`Locks: ${offer.lock}`);
  if (offer.cluster !== null) print(`All nodes of ${offer.cluster} wait meanwhile.`);
  for (const note of offer.notes) print(note);
  for (const { confirmedBy } of consents) print(`To confirm exactly this: --confirm ${confirmedBy}`);
}

export function printRebuilt({ rebuilt }: OptimizeOutcome, terminal: Terminal): void {
  for (const { table, before, after, milliseconds } of rebuilt) {
    const back = before - after;
    const came = back >= 0 ? `${bytes(back)} given back` : `${bytes(-back)} more than before`;
    terminal.print(
      `${table ?? 'the database'}: ${bytes(before)} before, ${bytes(after)} after, ${came}, in ${seconds(milliseconds)}`,
    );
  }
  if (rebuilt.length === 0) terminal.print('Nothing was rebuilt.');
}

function linesOf(planned: PlannedRebuild): string[] {
  const { bytes: size, gain, how, needs, milliseconds, last } = planned;
  const back = gain === null ? 'unknown what comes back' : `at least ${bytes(gain)} come back`;
  const long = milliseconds === null ? 'unknown before the first rebuild' : `about ${seconds(milliseconds)}`;
  return [
    `${nameOf(planned)}: ${bytes(size)}, ${back}`,
    `  ${how}`,
    ...needs.map(
      ({ disk, bytes: needed, free }) =>
        `  needs: ${bytes(needed)} on the disk ${disk}; ${free === null ? 'how much is free there is not known' : `${bytes(free)} free`}`,
    ),
    `  takes: ${long}`,
    ...(last === null ? [] : [`  last rebuilt: ${last.at.slice(0, 16)} UTC, ${bytes(last.after)} then`]),
  ];
}

function whyNot({ reason, obstacle, how, last }: PlannedRebuild): string {
  if (reason === 'obstacle') return `it ${obstacle}.`;
  if (reason === 'unknown') return `unknown what would come back. ${how}`;
  return `rebuilt ${last?.at.slice(0, 16) ?? 'before'} UTC, and no more has become free since.`;
}

function nameOf({ table }: PlannedRebuild): string {
  return table ?? 'The database';
}

function unitOf({ offer }: OptimizePlan): string {
  return offer.unit;
}
