/** What a database has of our migrations, and what it lacks. Reads only. */
import type { Engine } from '../engines/index.ts';
import { readLedger } from './ledger.ts';
import type { LedgerRow } from './ledger-tables.ts';
import type { Migration } from './migration.ts';
import { type DatabaseKind, recognise } from './recognise.ts';

export interface MigrationStatus {
  readonly version: string;
  readonly name: string;
  /** `up` is applied, `down` is pending; `running` and `failed` are half way in `direction`. */
  readonly status: 'up' | 'down' | 'running' | 'failed';
  readonly direction: 'up' | 'down' | null;
  /** How many of how many steps are done, when it is half way. */
  readonly progress: { readonly step: number; readonly steps: number } | null;
  readonly started: string | null;
  readonly finished: string | null;
  readonly breakpoint: boolean;
  /** The ledger has it, this program does not. */
  readonly missing: boolean;
  readonly error: string | null;
}

export interface Status {
  readonly kind: DatabaseKind;
  /** By version; what only the ledger knows is among them. */
  readonly migrations: readonly MigrationStatus[];
  readonly pending: number;
  readonly missing: number;
}

export async function readStatus(engine: Engine, known: readonly Migration[]): Promise<Status> {
  const kind = await recognise(engine);
  return { kind, ...compareWithLedger(known, kind === 'ours' ? await readLedger(engine) : []) };
}

/** Sets of versions are compared, never a highest one: a gap is pending too. */
export function compareWithLedger(
  known: readonly Migration[],
  ledger: readonly LedgerRow[],
): Omit<Status, 'kind'> {
  const rows = new Map(ledger.map((row) => [row.version, row]));
  const versions = [...new Set([...known.map(({ version }) => version), ...rows.keys()])].sort();
  const names = new Map(known.map(({ version, name }) => [version, name]));
  const migrations = versions.map((version) => statusOf(version, names.get(version), rows.get(version)));
  return {
    migrations,
    pending: migrations.filter((migration) => !migration.missing && migration.status !== 'up').length,
    missing: migrations.filter((migration) => migration.missing).length,
  };
}

function statusOf(version: string, name: string | undefined, row: LedgerRow | undefined): MigrationStatus {
  const halfWay = row !== undefined && row.state !== 'applied';
  return {
    version,
    name: name ?? row?.name ?? '',
    status: row === undefined ? 'down' : row.state === 'applied' ? 'up' : row.state,
    direction: halfWay ? row.direction : null,
    progress: halfWay ? { step: row.step, steps: row.steps } : null,
    started: row?.started_at ?? null,
    finished: row?.finished_at ?? null,
    breakpoint: row?.breakpoint ?? false,
    missing: name === undefined,
    error: row?.error ?? null,
  };
}
