/** What kind of database we are looking at, by the names of its tables, before anything is done to it. */
import type { Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { LEDGER } from './ledger-tables.ts';
import { modelOf } from './model.ts';
import { MIGRATIONS } from './versions/index.ts';

/**
 * `php-edition`: made by MultiFlexi's PHP edition, whose migrations and tables are other ones. `foreign`: has
 * tables of our names but no ledger of ours. `empty`: nothing of ours yet, other tables do not matter.
 */
export type DatabaseKind = 'ours' | 'empty' | 'php-edition' | 'foreign';

export async function recognise(engine: Engine): Promise<DatabaseKind> {
  const names = new Set(await engine.tableNames());
  if (names.has(LEDGER)) return 'ours';
  if (names.has('phinxlog')) return 'php-edition';
  return [...modelOf(MIGRATIONS).keys()].some((table) => names.has(table)) ? 'foreign' : 'empty';
}

/** @throws FOREIGN_DATABASE */
export async function refuseForeign(engine: Engine): Promise<void> {
  const kind = await recognise(engine);
  const error = foreignError(kind, engine.where);
  if (error) throw error;
}

export function foreignError(kind: DatabaseKind, where: string): MultiFlexiError | undefined {
  if (kind === 'php-edition') {
    return new MultiFlexiError(
      'FOREIGN_DATABASE',
      `This database was made by MultiFlexi's PHP edition (it has phinxlog): ${where}.`,
      {
        next: 'Nothing was changed. Keep maintaining it with the PHP edition, and give this program a database of its own.',
      },
    );
  }
  if (kind === 'foreign') {
    return new MultiFlexiError(
      'FOREIGN_DATABASE',
      `This database has tables named like ours, but no ledger of our migrations: ${where}.`,
      {
        next: 'Nothing was changed. Check DB_DATABASE, or give this program a database of its own.',
      },
    );
  }
  return undefined;
}
