/** The guard of every command that works on our tables: they must be there, all of them. */
import type { Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { foreignError } from './recognise.ts';
import { readStatus } from './status.ts';
import { MIGRATIONS } from './versions/index.ts';

/** @throws FOREIGN_DATABASE, NOT_MIGRATED */
export async function requireMigrated(engine: Engine): Promise<void> {
  const pending = await requireSettled(engine);
  if (pending === 0) return;
  throw new MultiFlexiError(
    'NOT_MIGRATED',
    `${pending} of ${MIGRATIONS.length} migrations are pending on ${engine.where}.`,
    {
      next: 'Run multiflexi-cli db:migrate first.',
    },
  );
}

/**
 * No migration may be half way; some may be pending.
 * @returns how many are pending
 * @throws FOREIGN_DATABASE, NOT_MIGRATED
 */
export async function requireSettled(engine: Engine): Promise<number> {
  const { kind, pending, migrations } = await readStatus(engine, MIGRATIONS);
  const foreign = foreignError(kind, engine.where);
  if (foreign) throw foreign;
  const halfWay = migrations.find(({ direction }) => direction !== null);
  if (halfWay) {
    // Also one that this program does not have: its tables are in between.
    const command = halfWay.direction === 'up' ? 'db:migrate' : 'db:rollback';
    throw new MultiFlexiError(
      'NOT_MIGRATED',
      `Migration ${halfWay.version} ${halfWay.name} is half way ${halfWay.direction} on ${engine.where}.`,
      {
        next: `Finish it with multiflexi-cli ${command} first; multiflexi-cli db:status shows how far it is.`,
      },
    );
  }
  return pending;
}
