/** What only PostgreSQL can say of a failure. */
import { MultiFlexiError } from '../../errors.ts';
import { type NextStep, step } from '../../next-step.ts';
import type { Place } from '../place.ts';

const WITHOUT_LAG: NextStep = step`leave out ${{ input: 'max-lag' }}`;

export function knowsItsReplicas(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'Replicas are specified, but a PostgreSQL server knows its own.', {
    next: step`Leave out ${{ input: 'replica' }} and DB_REPLICAS.`,
  });
}

/** @param role as GRANT takes it */
export function mayNotReadStandbys({ username, kind, address }: Place, role: string): MultiFlexiError {
  return new MultiFlexiError(
    'PERMISSION_DENIED',
    `User ${username} may not read how far the standbys of the ${kind} at ${address} are behind.`,
    { next: step`Grant it: GRANT pg_monitor TO ${role}; or ${WITHOUT_LAG}.` },
  );
}

export function notUnicode({ kind, address, database }: Place, encoding: string): MultiFlexiError {
  return new MultiFlexiError(
    'SESSION_REFUSED',
    `Database ${database} on the ${kind} at ${address} has the encoding ${encoding}: it cannot hold every text.`,
    {
      next: `Nothing was changed. Create a database with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and set DB_DATABASE to it.`,
    },
  );
}

/** Without a schema nothing can be found or made, and everything looks empty. */
export function noSchema({ kind, address, database, username }: Place, searchPath: string): MultiFlexiError {
  return new MultiFlexiError(
    'SESSION_REFUSED',
    `The search_path of user ${username} in database ${database} on the ${kind} at ${address} names no schema that exists and may be used for our tables: search_path is ${searchPath || "''"}.`,
    {
      next: 'Nothing was changed. Set it, each name quoted by itself (ALTER ROLE … SET search_path = multiflexi, public), create the schema, or grant USAGE on it.',
    },
  );
}
