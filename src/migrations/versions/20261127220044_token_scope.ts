import { nullable, oneOf } from '../columns.ts';
import { migration } from '../migration.ts';
import { addColumn, dropColumn } from '../operations/index.ts';

const scope = nullable(
  oneOf(
    'scope',
    16,
    ['read', 'maintain'],
    'What it may do in the console: read looks and plans, maintain carries out as well; empty for a token of another kind',
  ),
);

/** Tokens that the console takes. */
export default migration({
  version: '20261127220044',
  name: 'token_scope',
  up: [addColumn('token', scope)],
  down: [dropColumn('token', scope)],
});
