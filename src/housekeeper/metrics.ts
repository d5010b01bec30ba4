/**
 * What each duty did last, for node_exporter's textfile collector. Instants are values, never the samples' own timestamps:
 * with those the collector refuses the whole file. Labels are the names of the duties and nothing else.
 */
import { open, rename, rm } from 'node:fs/promises';
import { fileFailure } from '../system/index.ts';
import { CYCLE, type DutyState, readDutyStates, type TaskContext } from '../tasks/index.ts';
import { isBehind } from './outcome.ts';

type Value = (state: DutyState) => number | null;
const seconds = (milliseconds: number | null) => (milliseconds === null ? null : milliseconds / 1_000);

/** Without `multiflexi_housekeeper_`. What is not known has no sample: zero would say something else. */
const METRICS: readonly (readonly [name: string, help: string, value: Value])[] = [
  ['last_end_timestamp_seconds', 'When the duty last ended.', ({ endedAt }) => seconds(endedAt)],
  [
    'last_success_timestamp_seconds',
    'When the duty last succeeded.',
    ({ succeededAt }) => seconds(succeededAt),
  ],
  ['last_duration_seconds', 'How long its last run took.', ({ milliseconds }) => seconds(milliseconds)],
  ['last_rows', 'Rows, files or findings of its last run.', ({ rows }) => rows],
  ['last_bytes', 'Bytes that its last run gave back or removed.', ({ bytes }) => bytes],
  ['backlog_rows', 'Rows that its last run has left.', ({ backlog }) => backlog],
  ['consecutive_failures', 'How often in a row it has failed.', ({ failures }) => failures],
  ['behind', '1 while it has run out of time for more than a day.', (state) => (isBehind(state) ? 1 : 0)],
];

const PREFIX = 'multiflexi_housekeeper_';

/** @returns the text of the file */
export async function metricsText(states: Iterable<DutyState>): Promise<string> {
  const { Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  const all = [...states].sort((a, b) => (a.duty < b.duty ? -1 : 1));
  for (const [name, help, value] of METRICS) {
    const isOfCycle = name !== 'backlog_rows' && name !== 'behind';
    const gauge = new Gauge({ name: `${PREFIX}${name}`, help, labelNames: ['duty'], registers: [registry] });
    for (const state of all) {
      const sample = state.duty === CYCLE && !isOfCycle ? null : value(state);
      if (sample !== null) gauge.set({ duty: state.duty }, sample);
    }
  }
  return registry.metrics();
}

/**
 * Written beside the file and renamed, so that nobody ever reads half of it; where that fails, the old one is still there.
 * @throws FILE_FAILED
 */
export async function writeMetrics(context: TaskContext, file: string): Promise<void> {
  const text = await metricsText((await readDutyStates(context)).values());
  // Its name does not end in .prom: the collector passes over it.
  const fresh = `${file}.new`;
  try {
    await rm(fresh, { force: true });
    // The collector runs under another account; there is nothing secret in it.
    const handle = await open(fresh, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {});
    throw fileFailure(file, error);
  }
}
