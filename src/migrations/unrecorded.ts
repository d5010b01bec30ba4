/**
 * A schema that exists without its record: somebody has emptied or dropped the ledger, or loaded a dump without it.
 * Running the migrations would fail at their first table; what helps is to record which ones the schema has.
 */
import type { Engine } from '../engines/index.ts';
import { versionOfSchema } from './drift.ts';
import { type UnrecordedSchema, unrecordedSchema } from './failures.ts';
import { tableExists } from './ledger/failures.ts';
import { LEDGER } from './ledger/tables.ts';
import type { Migration } from './migration.ts';
import type { MigrationPlan } from './plan.ts';

/**
 * Asked before a migration runs: none of the tables that it makes may exist.
 * @throws SCHEMA_UNRECORDED
 */
export async function requireNoTables(
  engine: Engine,
  plan: MigrationPlan,
  known: readonly Migration[],
): Promise<void> {
  const fresh = plan.migrations.filter(({ earlier }) => earlier === 'none').map(({ version }) => version);
  const names = new Set(await engine.tableNames());
  for (const { version, name, up } of known) {
    if (plan.direction !== 'up' || !fresh.includes(version)) continue;
    const existing = up.flatMap(({ makes }) => makes ?? []).find((table) => names.has(table));
    if (existing === undefined) continue;
    throw await unrecorded(engine, known, tableExists(existing, LEDGER, { version, name }));
  }
}

/** @param what is missing, without a full stop */
export async function unrecorded(
  engine: Engine,
  known: readonly Migration[],
  what: string,
): Promise<UnrecordedSchema> {
  const version = await versionOfSchema(engine, known);
  return unrecordedSchema(
    what,
    known.find((migration) => migration.version === version),
  );
}
