/** Plans and results of purges, for people and as JSON. */
import { type Oversized, type PurgePlan, type PurgeResult, savePlan } from '../../cleanup/index.ts';
import { EXIT } from '../../errors.ts';
import { bytes, rows, seconds } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** Prints the plan, and keeps it where that is asked for. */
export function showPlan(
  plan: PurgePlan,
  { savePlan: file }: { readonly savePlan?: string },
  terminal: Terminal,
  skipped: readonly Oversized[] = [],
): number {
  if (file !== undefined) savePlan(file, plan);
  if (terminal.json) terminal.document({ ...planDocument(plan, file ?? null), skipped });
  else printPurgePlan(plan, terminal);
  if (file !== undefined && !terminal.json) terminal.say(`The plan is in ${file}.`);
  return EXIT.done;
}

function planDocument(plan: PurgePlan, file: string | null) {
  return {
    dry_run: true,
    made: plan.made,
    plan_file: file,
    tables: plan.tables.map(({ table, rows: count, withTheirJob, bytes: about }) => ({
      table_name: table,
      rows: count,
      with_their_job: withTheirJob,
      bytes_estimate: about,
    })),
    companies: plan.companies.map(({ id, slug, jobs, oldest, newest }) => ({
      company_id: id,
      slug,
      jobs,
      oldest,
      newest,
    })),
  };
}

export function printPurgePlan(plan: PurgePlan, terminal: Terminal): void {
  const right = { align: 'right' as const };
  terminal.print(
    textTable(
      [
        { title: 'Table' },
        { title: 'Would be deleted', ...right },
        { title: 'of them with their job', ...right },
        { title: 'Content', ...right },
      ],
      plan.tables.map((line) => [
        line.table,
        rows(line.rows),
        rows(line.withTheirJob),
        line.bytes === null ? '' : `${line.rows === 0 ? '' : '~'}${bytes(line.bytes)}`,
      ]),
    ),
  );
  if (plan.companies.length > 0) {
    terminal.print('');
    terminal.print(
      textTable(
        [{ title: 'Company' }, { title: 'Jobs', ...right }, { title: 'Oldest' }, { title: 'Newest' }],
        plan.companies.map(({ slug, jobs, oldest, newest }) => [
          slug,
          rows(jobs),
          oldest.slice(0, 16),
          newest.slice(0, 16),
        ]),
      ),
    );
  }
  terminal.print('Nothing was deleted.');
}

export function resultDocument(result: PurgeResult) {
  return {
    dry_run: false,
    stopped: result.stopped,
    milliseconds: result.milliseconds,
    chunks: result.chunks,
    longest_chunk_milliseconds: result.longestChunk,
    waited_for_replicas_milliseconds: result.waitedForReplicas,
    reconnections: result.reconnections,
    archive: result.archive && {
      archive: result.archive.name,
      bytes: result.archive.catalogue.parts.reduce((sum, part) => sum + part.bytes, 0),
      tables: result.archive.catalogue.tables.map(({ name, rows: count }) => ({
        table_name: name,
        rows: count,
      })),
    },
    tables: result.tables.map(({ table, rows: count }) => ({ table_name: table, rows: count })),
  };
}

export function printPurgeResult(result: PurgeResult, terminal: Terminal): void {
  const columns = [{ title: 'Table' }, { title: 'Deleted', align: 'right' as const }];
  terminal.print(
    textTable(
      columns,
      result.tables.map(({ table, rows: count }) => [table, rows(count)]),
    ),
  );
  const total = result.tables.reduce((sum, table) => sum + table.rows, 0);
  terminal.print(
    `${rows(total)} rows in ${seconds(result.milliseconds)}, in ${rows(result.chunks)} chunks of ${result.longestChunk} ms at most`,
  );
  if (result.waitedForReplicas > 0)
    terminal.print(`${seconds(result.waitedForReplicas)} of them were waits for replicas.`);
  if (result.archive) {
    const saved = result.archive.catalogue.tables.reduce((sum, table) => sum + table.rows, 0);
    terminal.print(`Archived as ${result.archive.name}: ${rows(saved)} rows.`);
  }
  if (result.reconnections > 0)
    terminal.say(
      `The connection was lost ${result.reconnections} times; the numbers may lack what was deleted just then.`,
    );
  if (result.stopped === 'interrupted') terminal.say('Interrupted before the end; the same command goes on.');
  if (result.stopped === 'time budget')
    terminal.say('The time is over before the end; the same command goes on.');
}
