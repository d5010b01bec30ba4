/** Looks at everything, one thing after the other; what does not answer in time is unknown, and keeps nobody waiting. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMultiFlexiError } from '../errors.ts';
import { type Dismissal, readDismissals, type TaskContext } from '../tasks/index.ts';
import type { Finding, Found, Overview, Probe, Surroundings } from './contract.ts';
import { database } from './probes/database.ts';
import { exports } from './probes/exports.ts';
import { archives, litestream, settingsFile } from './probes/files.ts';
import { growth } from './probes/growth.ts';
import { housekeeper } from './probes/housekeeper.ts';
import { drift, migrations } from './probes/schema.ts';
import { cluster, replicas, sessions } from './probes/server.ts';
import { switched } from './probes/switched.ts';
import { space, statistics } from './probes/upkeep.ts';

/** What is first is what the rest stands on. */
const PROBES: readonly Probe[] = [
  database,
  migrations,
  drift,
  housekeeper,
  growth,
  statistics,
  space,
  sessions,
  replicas,
  cluster,
  switched,
  exports,
  archives,
  settingsFile,
  litestream,
];

/** How long a probe may take, in milliseconds. */
const PATIENCE_MS = 2_000;
/** A dismissed finding that has grown to this much of what it was is shown again. */
const WORSE = 1.5;

/** Reads only. @param patienceMs for each probe; two seconds unless specified */
export async function overview(
  context: TaskContext,
  surroundings: Surroundings,
  patienceMs = PATIENCE_MS,
): Promise<Overview> {
  const found: Found[] = [];
  for (const probe of PROBES) {
    context.signal?.throwIfAborted();
    const some = await lookAt(probe, context, surroundings, patienceMs);
    found.push(...some);
    // Of a database without our tables there is no more to say.
    if (probe === migrations && some.some(({ level }) => level === 'fail')) break;
  }
  const dismissals = await readDismissals(context).catch(() => new Map<string, Dismissal>());
  const findings = found.map((one) => withDismissal(one, dismissals.get(one.id)));
  const isWell = findings.every(({ level, dismissed }) => level !== 'fail' || dismissed !== null);
  return { findings, isWell };
}

async function lookAt(
  probe: Probe,
  context: TaskContext,
  surroundings: Surroundings,
  patienceMs: number,
): Promise<readonly Found[]> {
  const over = new AbortController();
  const late = sleep(patienceMs, undefined, { signal: over.signal, ref: false }).then(() => [
    unknown(probe, `it did not answer within ${patienceMs / 1_000} s`),
  ]);
  late.catch(() => {});
  const looked = probe.look(context, surroundings);
  looked.catch(() => {});
  try {
    return await Promise.race([looked, late]);
  } catch (error) {
    if (error === context.signal?.reason) throw error;
    return [unknown(probe, isMultiFlexiError(error) ? error.message : String(error), error)];
  } finally {
    over.abort();
  }
}

function unknown({ id }: Probe, why: string, error?: unknown): Found {
  return {
    id,
    level: 'unknown',
    sentence: `${id}: ${why}${/[.!?]$/.test(why) ? '' : '.'}`,
    next: isMultiFlexiError(error) ? error.nextStep : null,
  };
}

/** It is back when it is more serious than it was, or much more of it; not when it comes and goes. */
function withDismissal(found: Found, dismissal: Dismissal | undefined): Finding {
  const measure = found.measure ?? null;
  const isWorse =
    dismissal !== undefined &&
    ((found.level === 'fail' && dismissal.level === 'warn') ||
      (measure !== null && dismissal.measure !== null && measure > dismissal.measure * WORSE));
  const applies = dismissal !== undefined && !isWorse && (found.level === 'warn' || found.level === 'fail');
  return { ...found, measure, dismissed: applies ? dismissal.reason : null };
}
