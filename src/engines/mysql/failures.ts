/** What only MySQL and MariaDB can say of a failure: of replicas, which their servers do not know. */
import { type ErrorCode, MultiFlexiError } from '../../errors.ts';
import { type NextStep, step } from '../../next-step.ts';
import type { Place } from '../place.ts';

const WITHOUT_LAG: NextStep = step`leave out ${{ input: 'max-lag' }}`;

export function noBinaryLog({ kind, address }: Place): MultiFlexiError {
  return new MultiFlexiError(
    'USAGE',
    `The ${kind} at ${address} writes no binary log, so no replica can follow it.`,
    { next: step`Set DB_HOST to the server that the replicas follow, or ${WITHOUT_LAG}.` },
  );
}

/** @param known replicas that are connected, as far as that may be known */
export function noReplicaNamed({ kind, address }: Place, known: readonly string[]): MultiFlexiError {
  const connected = known.length === 0 ? '' : ` Connected to it as replicas are: ${known.join(', ')}.`;
  return new MultiFlexiError(
    'USAGE',
    `The ${kind} at ${address} does not know how far its replicas are behind, and none is specified.${connected}`,
    {
      next: step`Specify them with ${{ input: 'replica', value: 'HOST[:PORT]' }} or DB_REPLICAS, or ${WITHOUT_LAG}.`,
    },
  );
}

/** It cannot be asked, for the reason that is told. */
export function unusableReplica(code: ErrorCode, message: string): MultiFlexiError {
  return new MultiFlexiError(code, message, {
    next: step`Check ${{ input: 'replica' }} and DB_REPLICAS, and that the account of DB_USERNAME may log in there.`,
  });
}

export function notAReplica(address: string): MultiFlexiError {
  return new MultiFlexiError(
    'USAGE',
    `The server at ${address} is not a replica: it follows no other server.`,
    {
      next: step`Specify only replicas of this server with ${{ input: 'replica' }} or DB_REPLICAS.`,
    },
  );
}

/** @param grant the statement that lets the account read it: accounts come to the replicas with everything else */
export function mayNotReadReplication(
  user: string,
  { kind, address }: Place,
  grant: string,
): MultiFlexiError {
  return new MultiFlexiError(
    'PERMISSION_DENIED',
    `User ${user} may not read the state of replication on the ${kind} at ${address}.`,
    { next: step`Grant it on the main server: ${grant}; or ${WITHOUT_LAG}.` },
  );
}
