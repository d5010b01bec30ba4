/**
 * One purge as a process of its own, for the benchmark: prints rows, milliseconds and its peak memory.
 * `node bench/purge-process.ts SETTINGS-AS-JSON jobs OLDER-THAN | logs KEEP [ARCHIVE]`
 */
import { readFileSync } from 'node:fs';
import { applyPurge, planPurge, sameForAll } from '../src/cleanup/index.ts';
import { openEngine } from '../src/engines/index.ts';
import { FINISHED } from '../src/schema/index.ts';

const [settings = '', table = '', limit = '', directory = ''] = process.argv.slice(2);
const engine = await openEngine(JSON.parse(settings), 'change');
const jobs = {
  keep: null,
  keepPerTemplate: null,
  keepLastSuccess: false,
  olderThan: limit,
  statuses: FINISHED,
};
const logs = { keep: Number(limit), keepPerCompany: null, olderThan: null };
const started = performance.now();
const plan = await planPurge(
  engine,
  sameForAll(null, table === 'jobs' ? jobs : undefined, table === 'logs' ? logs : undefined),
);
const planned = performance.now() - started;
const result = await applyPurge(engine, plan, {
  program: 'bench',
  waitMs: 0,
  archive: directory === '' ? undefined : { directory, all: true },
});
await engine.close();
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
process.stdout.write(
  `${JSON.stringify({ ...result, planned: Math.round(planned), peakMb: Math.round(peak / 1024) })}\n`,
);
