/** Runs checks one after the other: each with a time of its own, and whatever becomes of the others. */
import type { Engine } from '../../engines/index.ts';
import { EXIT, isMultiFlexiError, type MultiFlexiError } from '../../errors.ts';
import type { Check, CheckName, CheckOutcome, Finding, Unknown } from './contract.ts';

export interface CheckOptions {
  readonly quick: boolean;
  readonly tables: readonly string[];
  /** What each check may take. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

export interface CheckReport {
  readonly quick: boolean;
  readonly findings: readonly Finding[];
  readonly unknown: readonly Unknown[];
  /** In the order in which they were run. */
  readonly checks: readonly { readonly name: CheckName; readonly milliseconds: number }[];
}

/** Without the database nothing more can be found out. */
const LOST = ['CONNECTION_LOST', 'SERVER_UNREACHABLE'];

/** @throws CONNECTION_LOST, SERVER_UNREACHABLE, the signal's reason */
export async function runChecks(
  engine: Engine,
  checks: readonly Check[],
  { quick, tables, timeoutMs, signal, onProgress }: CheckOptions,
): Promise<CheckReport> {
  const findings: Finding[] = [];
  const unknown: Unknown[] = [];
  const done: { name: CheckName; milliseconds: number }[] = [];
  for (const check of checks) {
    signal?.throwIfAborted();
    onProgress?.(done.length, checks.length);
    const { name } = check;
    const started = performance.now();
    const time = AbortSignal.timeout(timeoutMs);
    const ended = signal ? AbortSignal.any([signal, time]) : time;
    const outcome = await orEnded(check.run({ engine, quick, tables, signal: ended }), ended).catch(
      (error: unknown) => outcomeOf(error, name, time, timeoutMs, signal),
    );
    findings.push(...outcome.findings.map((finding) => ({ ...finding, check: name })));
    unknown.push(...(outcome.unknown ?? []).map((one) => ({ ...one, check: name })));
    done.push({ name, milliseconds: Math.round(performance.now() - started) });
  }
  onProgress?.(done.length, checks.length);
  return { quick, findings, unknown, checks: done };
}

/** What does not hear the signal, as a statement on another session, is left. */
async function orEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = () => reject(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  work.catch(() => {}); // It may fail when nobody waits for it any more.
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** @throws what ends all of the checks */
function outcomeOf(
  error: unknown,
  name: CheckName,
  time: AbortSignal,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): CheckOutcome {
  signal?.throwIfAborted();
  if (time.aborted && error === time.reason)
    return {
      findings: [],
      unknown: [{ why: `it took longer than ${timeoutMs / 1000} s`, remedy: null }],
    };
  if (!isMultiFlexiError(error) || LOST.includes(error.code)) throw error;
  // A failure that is itself what was looked for.
  if (error.exit === EXIT.differs) return { findings: [damage(error, name)] };
  return { findings: [], unknown: [{ why: withoutStop(error.message), remedy: null }] };
}

function damage(error: MultiFlexiError, name: CheckName): CheckOutcome['findings'][number] {
  const { code, message, next } = error;
  return {
    id: `${name}:${code.toLowerCase().replaceAll('_', '-')}`,
    severity: 'error',
    table: null,
    message: `${message} ${next}`,
    fix: null,
    safeToLeave: null,
  };
}

export function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
