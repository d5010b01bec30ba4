/** What is being done, or was done last: live, with its pauses and their reasons, then its result. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { EXPORTED, PLANNED_SWITCH, PURGED, SWITCHED } from '../../documents/schemas.ts';
import { counted, seconds, utcText } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Count, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { FailureNote, Nothing } from '../parts/panel.tsx';
import { Progress } from '../parts/progress.tsx';
import { Receipt } from '../parts/receipt.tsx';
import { Table } from '../parts/table.tsx';
import { type Run, runOf } from '../run.ts';

type Purged = output<typeof PURGED>;
type PlannedSwitch = output<typeof PLANNED_SWITCH>;
type Switched = output<typeof SWITCHED>;
type Exported = output<typeof EXPORTED>;

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
                {shown.stopping ? 'It stops after the current step' : 'Stop it'}
              </button>{' '}
              <span class="muted">What is already done is kept; nothing is left half done.</span>
            </p>
          )}
        </>
      )}
      {shown.error && <FailureNote failure={shown.error} />}
      {shown.needs_confirmation.map(({ message }) => (
        <p class="stale">{message}</p>
      ))}
      <Result run={shown} />
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

/** In words, where a page has them. */
function Result({ run: { command, result, plan } }: { readonly run: Run }): VNode | null {
  if (typeof result !== 'object' || result === null) return null;
  switch (command) {
    case 'prune':
    case 'retention:run':
      return <PurgeResult of={result as Purged} />;
    case 'db:switch': {
      const of = result as PlannedSwitch | Switched;
      return of.dry_run ? <SwitchChecked of={of} plan={plan} /> : <SwitchDone of={of} />;
    }
    case 'export':
      return <ExportDone of={result as Exported} />;
    default:
      return null;
  }
}

function SwitchChecked({ of, plan }: { readonly of: PlannedSwitch; readonly plan: string | null }): VNode {
  if (of.already) return <p class="verdict ok">The settings name that database already.</p>;
  return (
    <>
      <p class={of.problems.length === 0 ? 'verdict ok' : 'verdict fail'}>
        {of.problems.length === 0
          ? `Nothing stands in the way of a switch to ${of.to.where}. Nothing was written.`
          : `${counted(of.problems.length, 'problem')} must be corrected first. Nothing was written.`}
      </p>
      <ul>
        {of.problems.map((problem) => (
          <li>{problem}</li>
        ))}
      </ul>
      {of.next !== null && <p>{of.next}</p>}
      <p>
        {plan === null ? (
          <a class="button" href="/backend">
            Back to Backend
          </a>
        ) : (
          <a class="button" href={`/backend?plan=${plan}#plan`}>
            See the plan
          </a>
        )}
      </p>
    </>
  );
}

function SwitchDone({ of }: { readonly of: Switched }): VNode {
  return (
    <>
      <p class="verdict ok">The settings now name {of.to}. This console works on it from now on.</p>
      <p class="stale">
        <b>Restart everything else that uses the database.</b> Until then the platform writes to the old one;{' '}
        <a href="/backend#back">the way back</a> tells whether it has.
      </p>
      <Receipt of={of.receipt} />
      <dl class="facts">
        <dt>Writes waited</dt>
        <dd>{seconds(of.stopped_seconds * 1_000)}</dd>
        <dt>The old database</dt>
        <dd>{of.from}, as it was</dd>
        <dt>The old settings</dt>
        <dd>
          <code>{of.saved_settings}</code>
        </dd>
      </dl>
    </>
  );
}

function ExportDone({ of }: { readonly of: Exported }): VNode {
  return (
    <dl class="facts">
      <dt>File</dt>
      <dd>
        <code>{of.file}</code>, on the server{of.encrypted && ', encrypted'}
      </dd>
      <dt>Size</dt>
      <dd>
        <Size of={of.bytes} />
      </dd>
      <dt>Rows</dt>
      <dd>
        <Count of={of.rows} />
      </dd>
    </dl>
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
