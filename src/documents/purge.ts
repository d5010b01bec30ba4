/** Purges, by rules, by a saved plan or by policies: what would be deleted, and what was. */
import type { Oversized, PlannedPurge, PurgeOutcome, PurgePlan, PurgeResult } from '../tasks/index.ts';
import { confirmationsOf } from './confirmations.ts';
import type { NextStepWriter } from './failure.ts';
import { backlogOf } from './forecast.ts';
import { spaceAfterPurge } from './space.ts';

/** @param file where the plan was saved; null where it was not */
export function plannedPurgeDocument({ plan, skipped, consents }: PlannedPurge, file: string | null) {
  return {
    dry_run: true as const,
    made: plan.made,
    plan_file: file,
    tables: plan.tables.map(({ table, rows, withTheirJob, bytes }) => ({
      table_name: table,
      rows,
      with_their_job: withTheirJob,
      bytes_estimate: bytes,
    })),
    companies: plan.companies.map(({ id, slug, jobs, oldest, newest }) => ({
      company_id: id,
      slug,
      jobs,
      oldest,
      newest,
    })),
    dependents: plan.dependents.map(dependentOf),
    hooks: plan.hooks.map(({ kind, table, name }) => ({ kind, table_name: table, name })),
    oversized: skipped.map(oversizedOf),
    needs_confirmation: confirmationsOf(consents),
  };
}

export function purgeDocument({ result, backlog, oversized, space }: PurgeOutcome, write: NextStepWriter) {
  return {
    dry_run: false as const,
    stopped: result.stopped,
    milliseconds: result.milliseconds,
    chunks: result.chunks,
    longest_chunk_milliseconds: result.longestChunk,
    waited_for_replicas_milliseconds: waitedFor(result, 'replica'),
    waits: result.waits.map(({ reason, milliseconds }) => ({ reason, milliseconds })),
    reconnections: result.reconnections,
    archive: archiveOf(result.archive),
    tables: result.tables.map(countOf),
    dependents: result.dependents.map(countOf),
    skipped: {
      rows: result.skipped.rows,
      named: result.skipped.named.map(({ table, id, reason }) => ({ table_name: table, id, reason })),
    },
    oversized: oversized.map(oversizedOf),
    backlog: backlogOf(backlog),
    space: spaceAfterPurge(space, write),
  };
}

function dependentOf({ table, columns, target, onDelete, effect, rows }: PurgePlan['dependents'][number]) {
  return { table_name: table, columns, refers_to: target, on_delete: onDelete, effect, rows };
}

function waitedFor({ waits }: PurgeResult, reason: PurgeResult['waits'][number]['reason']): number {
  return waits.find((wait) => wait.reason === reason)?.milliseconds ?? 0;
}

function archiveOf(archive: PurgeResult['archive']) {
  if (archive === null) return null;
  const { name, catalogue } = archive;
  return {
    archive: name,
    bytes: catalogue.parts.reduce((sum, part) => sum + part.bytes, 0),
    tables: catalogue.tables.map((table) => ({ table_name: table.name, rows: table.rows })),
  };
}

function countOf({ table, rows }: { readonly table: string; readonly rows: number }) {
  return { table_name: table, rows };
}

function oversizedOf({ company, jobs }: Oversized) {
  return { company, jobs };
}
