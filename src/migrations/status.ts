/** What a database has of our migrations, and what it lacks. Reads only. */
import type { Engine } from '../engines/index.ts';
import { firstChange } from './changed.ts';
import { readHashesUp, readLedger, type StepHash } from './ledger/ledger.ts';
import { fingerprint } from './ledger/step-hash.ts';
import type { LedgerRow } from './ledger/tables.ts';
import { compile, type Migration } from './migration.ts';
import { type DatabaseKind, kindBy, requireNotHidden } from './recognise.ts';
import { IMPORT_MARK } from './unfinished-import.ts';
import { MIGRATIONS } from './versions/index.ts';
import { RELEASED } from './versions/released.ts';

export interface MigrationStatus {
  readonly version: string;
  readonly name: string;
  /** `up` is applied, `down` is pending; `running` and `failed` were interrupted in `direction`. */
  readonly status: 'up' | 'down' | 'running' | 'failed';
  readonly direction: 'up' | 'down' | null;
  /** How many of how many steps are done, when it was interrupted. */
  readonly progress: { readonly step: number; readonly steps: number } | null;
  readonly started: string | null;
  readonly finished: string | null;
  readonly breakpoint: boolean;
  /** The ledger has it, this program does not. */
  readonly missing: boolean;
  /** The first step that differs from what was applied; null when none does. */
  readonly changedAt: number | null;
  /** Pending, though a newer one is applied. */
  readonly outOfOrder: boolean;
  readonly error: string | null;
}

export interface Status {
  readonly kind: DatabaseKind;
  /** By version; what only the ledger knows is among them. */
  readonly migrations: readonly MigrationStatus[];
  readonly pending: number;
  readonly missing: number;
  readonly changed: number;
  /** The ledger has a migration that is newer than all of this program. */
  readonly newerThanProgram: boolean;
}

export async function readStatus(engine: Engine, known: readonly Migration[]): Promise<Status> {
  const names = new Set(await engine.tableNames());
  const kind = kindBy(names);
  if (kind !== 'ours') {
    await requireNotHidden(engine);
    return { kind, ...compareWithLedger(known, [], () => undefined) };
  }
  const ledger = await readLedger(engine, names);
  const recorded = await readHashesUp(engine, ledger, names);
  return { kind, ...compareWithLedger(known, ledger, (migration) => change(engine, migration, recorded)) };
}

/**
 * {@link readStatus} without whether steps have changed since, for guards: that is most of its work. `isImported` says that no
 * import was interrupted.
 */
export async function readProgress(
  engine: Engine,
  known: readonly Migration[],
): Promise<Pick<Status, 'kind' | 'migrations' | 'pending'> & { readonly isImported: boolean }> {
  const names = new Set(await engine.tableNames());
  const kind = kindBy(names);
  if (kind !== 'ours') await requireNotHidden(engine);
  const ledger = kind === 'ours' ? await readLedger(engine, names) : [];
  return { kind, isImported: !names.has(IMPORT_MARK), ...compareWithLedger(known, ledger, () => undefined) };
}

function change(
  engine: Engine,
  migration: Migration,
  recorded: ReadonlyMap<string, StepHash[]>,
): number | undefined {
  const steps = recorded.get(migration.version) ?? [];
  const recordedAs = fingerprint(steps.map((step) => step.hash));
  // Known without writing the steps as SQL, which would be most of this command's work.
  if (MIGRATIONS.includes(migration) && RELEASED[migration.version]?.[engine.name] === recordedAs)
    return undefined;
  return firstChange(steps, compile(migration, 'up', engine.ddl));
}

/** Sets of versions are compared, never a highest one: a gap is pending too. */
function compareWithLedger(
  known: readonly Migration[],
  ledger: readonly LedgerRow[],
  changeOf: (migration: Migration) => number | undefined,
): Omit<Status, 'kind'> {
  const rows = new Map(ledger.map((row) => [row.version, row]));
  const ours = new Map(known.map((migration) => [migration.version, migration]));
  const versions = [...new Set([...ours.keys(), ...rows.keys()])].sort();
  const newestApplied = ledger.findLast((row) => row.state === 'applied')?.version ?? '';
  const newestKnown = [...ours.keys()].sort().at(-1) ?? '';
  const migrations = versions.map((version) => {
    const migration = ours.get(version);
    const row = rows.get(version);
    return {
      ...statusOf(version, migration, row),
      changedAt: (row && migration && changeOf(migration)) ?? null,
      outOfOrder: row === undefined && version < newestApplied,
    };
  });
  return {
    migrations,
    pending: migrations.filter((migration) => !migration.missing && migration.status !== 'up').length,
    missing: migrations.filter((migration) => migration.missing).length,
    changed: migrations.filter((migration) => migration.changedAt !== null).length,
    newerThanProgram: migrations.some((migration) => migration.missing && migration.version > newestKnown),
  };
}

function statusOf(
  version: string,
  migration: Migration | undefined,
  row: LedgerRow | undefined,
): Omit<MigrationStatus, 'changedAt' | 'outOfOrder'> {
  const interrupted = row !== undefined && row.state !== 'applied';
  return {
    version,
    name: migration?.name ?? row?.name ?? '',
    status: row === undefined ? 'down' : row.state === 'applied' ? 'up' : row.state,
    direction: interrupted ? row.direction : null,
    progress: interrupted ? { step: row.step, steps: row.steps } : null,
    started: row?.started_at ?? null,
    finished: row?.finished_at ?? null,
    breakpoint: row?.breakpoint ?? false,
    missing: migration === undefined,
    error: row?.error ?? null,
  };
}
