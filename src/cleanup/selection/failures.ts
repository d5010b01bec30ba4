import { MultiFlexiError } from '../../errors.ts';
import { step } from '../../next-step.ts';

/** @param indexes as `job (DatCreate, id)` @param statements that make them */
export function indexesMissing(indexes: readonly string[], statements: readonly string[]): MultiFlexiError {
  const made = statements.map((statement) => `${statement};`).join(' ');
  return new MultiFlexiError(
    'INDEX_MISSING',
    indexes.length === 1
      ? `An index on ${indexes[0]} is missing; without it, every chunk would read the whole table.`
      : `Indexes on ${indexes.join(' and on ')} are missing; without them, every chunk would read the whole table.`,
    {
      next: step`Nothing was deleted. Create ${indexes.length === 1 ? 'it' : 'them'}, then run the same command again: ${made} (${{ action: 'verify', inputs: [{ input: 'fix-plan' }] }} shows all that the schema lacks.)`,
    },
  );
}

/** A view, for one, is no table. */
export function noTable(table: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `There is no table ${table}: something has taken its place, or it was dropped.`,
    {
      next: step`Nothing was deleted. ${{ action: 'verify' }} shows what differs from the migrations.`,
    },
  );
}

export function noColumn(table: string, column: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `The table ${table} has no column ${column}: it was renamed or dropped.`,
    {
      next: step`Nothing was deleted. ${{ action: 'verify' }} shows what differs from the migrations.`,
    },
  );
}

/** @param fix the statement that makes it one of our storage engine */
export function notTransactional(
  table: string,
  found: string,
  wanted: string,
  fix: string | null,
): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `The table ${table} has the storage engine ${found} instead of ${wanted}, without which a deletion cannot be taken back.`,
    { next: `Nothing was deleted.${fix === null ? '' : ` Convert the table: ${fix};`}` },
  );
}

/** @param schema of the table, where that is another one */
export function unreadableDependents(table: string, schema: string | null): MultiFlexiError {
  const usage = schema === null ? '' : `, and USAGE on schema ${schema}`;
  return new MultiFlexiError(
    'PERMISSION_DENIED',
    `Rows of ${table} refer to rows that would be deleted and have to be counted first, but this account may not read that table.`,
    { next: `Grant the account SELECT on the table${usage}; then run the same command again.` },
  );
}

/** @param from the table that refers, as the server writes it */
export function referenceUnseen(from: string, target: string): MultiFlexiError {
  return new MultiFlexiError(
    'PERMISSION_DENIED',
    `The table ${from} has a foreign key to ${target}, but this account may not see that table, so it cannot be known what would be deleted with it.`,
    {
      next: 'Nothing was deleted. Grant the account SELECT and REFERENCES on that table, then run the same command again.',
    },
  );
}
