/** Data is counted: a migration changes no table's number of rows unless it says so. */
import type { Kysely } from 'kysely';
import { countRows, type Engine } from '../engines/index.ts';
import { LEASES } from '../leases/index.ts';
import { brokenReferences, rowsChanged } from './failures.ts';
import { LEDGER, STEPS } from './ledger/tables.ts';
import type { Step } from './migration.ts';
import { isUpdate } from './operations/change-rows.ts';
import { IMPORT_MARK } from './unfinished-import.ts';

/** The number of rows of every table that must keep it, taken before and after on the session that makes the change. */
export class RowGuard {
  private readonly engine: Engine;
  private readonly tables: readonly string[];
  private readonly before = new Map<string, number>();

  private constructor(engine: Engine, tables: readonly string[]) {
    this.engine = engine;
    this.tables = tables;
  }

  /** @returns undefined when these steps cannot change a number of rows: the engine's DDL never does */
  static async over(engine: Engine, steps: readonly Step[]): Promise<RowGuard | undefined> {
    if (engine.capabilities.ddlKeepsRows && steps.every((step) => step.changesRows === undefined))
      return undefined;
    const free = new Set([
      LEDGER,
      STEPS,
      LEASES,
      IMPORT_MARK,
      ...engine.ownTables,
      ...steps.flatMap(mayChange),
    ]);
    return new RowGuard(
      engine,
      (await engine.tableNames()).filter((table) => !free.has(table)),
    );
  }

  /** @param db a transaction that sees one moment and its own changes: what others do meanwhile is not counted */
  async count(db: Kysely<unknown>): Promise<void> {
    for (const table of this.tables) this.before.set(table, await countRows(db, table));
  }

  /** @throws ROWS_CHANGED, which takes the transaction back */
  async requireSame(db: Kysely<unknown>): Promise<void> {
    for (const [table, before] of this.before) {
      const after = await countRows(db, table);
      if (after === before) continue;
      throw rowsChanged(table, before, after);
    }
    const broken = await this.engine.brokenReferences(db);
    if (broken) throw brokenReferences(broken.examples, broken.listedBy);
  }
}

/**
 * A table that is dropped has no rows to keep. What an UPDATE writes to is left out as well: it cannot change the number,
 * and InnoDB shows a transaction the rows of others that it has updated.
 */
function mayChange({ destroys, changesRows, impact, sql }: Step): readonly string[] {
  if (destroys && destroys.column === undefined) return [destroys.table];
  if (changesRows === undefined) return [];
  return isUpdate(sql) ? [impact.table, ...changesRows] : changesRows;
}
