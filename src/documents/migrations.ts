/** The schema's migrations: their state, what changes would run, and what was changed. */
import type { Breakpoint, MigrationsOutcome, PlannedMigrations, Status } from '../tasks/index.ts';

/** The names of Phinx, so that scripts carry over; what is ours comes after them. */
export function statusDocument(status: Status) {
  return {
    pending_count: status.pending,
    missing_count: status.missing,
    total_count: status.migrations.length,
    changed_count: status.changed,
    newer_than_program: status.newerThanProgram,
    database_kind: status.kind,
    migrations: status.migrations.map((migration) => ({
      migration_status: migration.status === 'up' ? ('up' as const) : ('down' as const),
      migration_id: migration.version,
      migration_name: migration.name,
      state: migration.status,
      direction: migration.direction,
      steps_done: migration.progress?.step ?? null,
      steps_total: migration.progress?.steps ?? null,
      started: migration.started,
      finished: migration.finished,
      breakpoint: migration.breakpoint,
      missing: migration.missing,
      changed_at_step: migration.changedAt,
      out_of_order: migration.outOfOrder,
      error: migration.error,
    })),
  };
}

export function plannedMigrationsDocument({ plan, sizes, lossToken }: PlannedMigrations) {
  const tables = new Map(sizes.tables.map((table) => [table.name, table]));
  return {
    dry_run: true as const,
    direction: plan.direction,
    migrations: plan.migrations.map(({ version, name, steps, done, outOfOrder }) => ({
      migration_id: version,
      migration_name: name,
      out_of_order: outOfOrder,
      steps_done: done,
      statements: steps.map(({ sql, summary, impact, session }) => ({
        summary,
        sql,
        session: session
          ? { before: session.before, after: session.after, while_empty: session.whileEmpty }
          : null,
        table_name: impact.table,
        blocks: impact.blocks,
        work: impact.work,
        rows: tables.get(impact.table)?.rows ?? 0,
        bytes: tables.get(impact.table)?.totalBytes ?? 0,
      })),
    })),
    losses: plan.losses.map(({ table, column, values, bytes }) => ({ table, column, values, bytes })),
    confirm: lossToken,
    accepted: plan.accepted.map(({ version }) => version),
  };
}

export function migrationsDocument({ migrations, accepted, backup }: MigrationsOutcome) {
  return {
    migrations: migrations.map(({ version, name, milliseconds }) => ({
      migration_id: version,
      migration_name: name,
      milliseconds,
    })),
    accepted,
    backup,
  };
}

export function breakpointsDocument(changed: readonly Breakpoint[]) {
  return {
    breakpoints: changed.map(({ version, name, set }) => ({
      migration_id: version,
      migration_name: name,
      breakpoint: set,
    })),
  };
}
