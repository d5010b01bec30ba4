/** Imports: what one will load, and what it has loaded. */
import type { ImportOutcome, PlannedImport } from '../tasks/index.ts';

export function plannedImportDocument({ verified, target, migrations }: PlannedImport) {
  return {
    dry_run: true as const,
    ...fileOf(verified),
    target: target.state,
    triggers: target.hooks,
    migrations,
  };
}

export function importDocument({ verified, continued, migrations, milliseconds }: ImportOutcome) {
  return {
    dry_run: false as const,
    ...fileOf(verified),
    continued,
    migrations: migrations.map(({ version, name }) => ({ version, name })),
    milliseconds,
  };
}

function fileOf(verified: PlannedImport['verified']) {
  const { file, form, encrypted, bytes, created, program, source, schema, selection, sums } = verified;
  return {
    file,
    form,
    encrypted,
    bytes,
    created,
    program_version: program,
    source,
    schema_version: schema.version,
    company: selection.company,
    tables: sums.map(({ name, rows, digest }) => ({ table_name: name, rows, digest })),
    rows: sums.reduce((sum, { rows }) => sum + rows, 0),
  };
}
