/** `--max-lag`: who is waited for. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ReplicaAddress } from '../../engines/index.ts';
import { parseReplica } from '../../settings/index.ts';
import type { LagLimit } from '../../tasks/index.ts';
import { replicaWithoutLimit } from '../failures.ts';
import { duration } from '../numbers.ts';

export interface LagOptions {
  /** In milliseconds. */
  readonly maxLag?: number;
  readonly replica?: readonly ReplicaAddress[];
}

export function lagOptions(command: Command): Command {
  return command
    .option('--max-lag <time>', 'pause while a replica is further behind than this (5s, 1m)', duration)
    .option(
      '--replica <host[:port]>',
      'a replica to watch, on MySQL and MariaDB; may be repeated (default: DB_REPLICAS)',
      anotherReplica,
    );
}

/** @throws USAGE */
export function lagLimit({ maxLag, replica }: LagOptions): LagLimit | undefined {
  if (maxLag !== undefined) return { maxLagMs: maxLag, replicas: replica ?? [] };
  if (replica !== undefined) throw replicaWithoutLimit();
  return undefined;
}

function anotherReplica(text: string, others: readonly ReplicaAddress[] = []): readonly ReplicaAddress[] {
  const address = parseReplica(text);
  if (typeof address === 'string') throw new InvalidArgumentError(`It ${address}.`);
  const same = others.some(({ host, port }) => host === address.host && port === address.port);
  return same ? others : [...others, address];
}
