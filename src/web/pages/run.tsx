/** What is being done, or was done last: live, with its pauses and their reasons, then its result. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { PURGED } from '../../documents/schemas.ts';
import { seconds, utcText } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Count, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { FailureNote, Nothing } from '../parts/panel.tsx';
import { Progress } from '../parts/progress.tsx';
import { Table } from '../parts/table.tsx';
import { type Run, runOf } from '../run.ts';

type Purged = output<typeof PURGED>;

export const run: Page = {
  needs: () => ({}),
  render: (context) => {
    const current = runOf(context);
    return document(
      context,
      { title: 'What is being done' },
      current ? (
        <Shown run={current} context={context} />
      ) : (
        <Nothing>Nothing was done since this console was started.</Nothing>
      ),
    );
  },
};

const STATES: Readonly<Record<Run['state'], readonly [Tone, string]>> = {
  running: ['plain', 'running'],
  done: ['ok', 'done'],
  interrupted: ['warn', 'interrupted'],
  'time budget': ['warn', 'out of time'],
  failed: ['fail', 'failed'],
};

function Shown({ run: shown, context }: { readonly run: Run; readonly context: PageContext }): VNode {
  const [tone, word] = STATES[shown.state];
  const isRunning = shown.state === 'running';
  return (
    <article class="run" data-run={isRunning ? shown.id : undefined}>
      <p class="lead">
        <Mark tone={tone} word={word} /> <code>{shown.command}</code> by {shown.by}, since{' '}
        <When at={shown.started_at} />
        {shown.ended_at && (
          <>
            {' '}
            until <When at={shown.ended_at} />
          </>
        )}
      </p>
      {isRunning && (
        <>
          <Progress run={shown} />
          {context.person.scope === 'maintain' && (
            <p>
              <button type="button" data-stop={shown.id} disabled={shown.stopping}>
                {shown.stopping ? 'It stops after the step at hand' : 'Stop it'}
              </button>{' '}
              <span class="muted">What is done stays done; nothing is left half done.</span>
            </p>
          )}
        </>
      )}
      {shown.error && <FailureNote failure={shown.error} />}
      {shown.needs_confirmation.map(({ message }) => (
        <p class="stale">{message}</p>
      ))}
      {isPurge(shown) && <PurgeResult of={shown.result as Purged} />}
      {shown.result !== null && shown.result !== undefined && (
        <details>
          <summary>The whole result</summary>
          <pre>{JSON.stringify(shown.result, null, 2)}</pre>
        </details>
      )}
      <h2>What it said</h2>
      <ol class="notices" data-run-notices aria-live="polite">
        {shown.notices.map(({ at, text }) => (
          <li>
            <time dateTime={at}>{utcText(at)}</time> {text}
          </li>
        ))}
      </ol>
    </article>
  );
}

function isPurge({ command, result }: Run): boolean {
  return (
    (command === 'prune' || command === 'retention:run') && typeof result === 'object' && result !== null
  );
}

const REASONS = {
  replica: 'for replicas',
  'lock-waiters': 'for sessions that waited for its locks',
  'undo-backlog': 'for a long reader, whose old rows the server keeps',
  paused: 'as it was paused',
} as const;

function PurgeResult({ of }: { readonly of: Purged }): VNode {
  const { space, archive } = of;
  return (
    <>
      <Table
        caption="Deleted"
        rows={of.tables}
        columns={[
          { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
          { head: 'Rows', number: true, cell: ({ rows }) => <Count of={rows} /> },
        ]}
      />
      <dl class="facts">
        <dt>Time</dt>
        <dd>
          {seconds(of.milliseconds)}, {of.chunks} transactions, the longest {of.longest_chunk_milliseconds} ms
        </dd>
        {of.waits.map(({ reason, milliseconds }) => (
          <>
            <dt>Waited</dt>
            <dd>
              {seconds(milliseconds)} {REASONS[reason]}
            </dd>
          </>
        ))}
        {of.skipped.rows > 0 && (
          <>
            <dt>Skipped</dt>
            <dd>
              <Count of={of.skipped.rows} /> rows could not be deleted
            </dd>
          </>
        )}
        {space.returned_to_disk_bytes !== undefined && (
          <>
            <dt>Space</dt>
            <dd>
              <Size of={space.freed_inside_bytes ?? null} about={space.estimated} /> free inside,{' '}
              <Size of={space.returned_to_disk_bytes} /> given back to the disk ·{' '}
              <a href="/tables?plan=reclaim">What can be given back</a>
            </dd>
          </>
        )}
        <dt>Way back</dt>
        <dd>
          {archive ? (
            <a href={`/archives?show=${encodeURIComponent(archive.archive)}`}>Archive {archive.archive}</a>
          ) : (
            'None: it was not archived.'
          )}
        </dd>
      </dl>
    </>
  );
}
