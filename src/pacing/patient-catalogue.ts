import type { CatalogTable, Engine } from '../engines/index.ts';
import { patiently } from './retry-locked.ts';

/**
 * What is in the database, however long somebody has a table locked: PostgreSQL locks a table to tell the defaults of its columns.
 * @throws LOCK_TIMEOUT after five minutes; the signal's reason
 */
export function patientCatalogue(
  engine: Pick<Engine, 'introspect'>,
  signal?: AbortSignal,
): Promise<CatalogTable[]> {
  return patiently(() => engine.introspect(), { signals: [signal] });
}
