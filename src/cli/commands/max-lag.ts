/** `--max-lag`: who is waited for, and how that is told. */
import { type Command, InvalidArgumentError } from 'commander';
import { LagThrottle } from '../../cleanup/index.ts';
import type { Engine, ReplicaAddress, ReplicaLag } from '../../engines/index.ts';
import { MultiFlexiError } from '../../errors.ts';
import { parseReplica } from '../../settings/index.ts';
import { duration, seconds } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

export interface MaxLagOptions {
  /** In milliseconds. */
  readonly maxLag?: number;
  readonly replica?: readonly ReplicaAddress[];
}

export function maxLagOptions(command: Command): Command {
  return command
    .option('--max-lag <time>', 'wait while a replica is more than 5s, 1m behind', duration)
    .option(
      '--replica <host[:port]>',
      'a replica of MySQL or MariaDB, may be repeated (default: DB_REPLICAS)',
      anotherReplica,
    );
}

function anotherReplica(text: string, others: readonly ReplicaAddress[] = []): readonly ReplicaAddress[] {
  const address = parseReplica(text);
  if (typeof address === 'string') throw new InvalidArgumentError(`It ${address}.`);
  const same = others.some(({ host, port }) => host === address.host && port === address.port);
  return same ? others : [...others, address];
}

/** @throws USAGE */
export function requireMaxLag({ maxLag, replica }: MaxLagOptions): void {
  if (replica !== undefined && maxLag === undefined)
    throw new MultiFlexiError('USAGE', 'A replica is named, but not how far it may be behind.', {
      next: 'Add --max-lag with a time, as 5s.',
    });
}

/** Runs the work with a throttle if one is asked for, before which everything that could hinder it is told. */
export async function withThrottle<T>(
  engine: Engine,
  { maxLag, replica = [] }: MaxLagOptions,
  terminal: Terminal,
  work: (throttle: LagThrottle | undefined) => Promise<T>,
): Promise<T> {
  if (maxLag === undefined) return work(undefined);
  const watch = await engine.watchReplicas({
    replicas: replica,
    onWarning: (sentence) => terminal.say(`Warning: ${sentence}`),
  });
  try {
    terminal.say(`Waits while more than ${seconds(maxLag)} behind: ${watch.what}.`);
    return await work(new LagThrottle(watch, maxLag, (lag) => terminal.say(waitingFor(lag, maxLag))));
  } finally {
    await watch.close();
  }
}

function waitingFor({ whose, seconds: behind, why }: ReplicaLag, maxLag: number): string {
  const how = behind === null ? why : `is ${behind.toFixed(1)} s behind (limit ${seconds(maxLag)})`;
  return `Waiting: ${whose} ${how}.`;
}
