/** Whether routine work is done: who does it, each duty with its last success, what is left, and what was done. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { CYCLE, HOUSEKEEPER_HISTORY, HOUSEKEEPER_STATUS } from '../../documents/schemas.ts';
import { counted, rows, seconds } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Action } from '../parts/action.tsx';
import { Count, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { Answered, FailureNote, Nothing } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

type Status = output<typeof HOUSEKEEPER_STATUS>;
type Duty = Status['duties'][number];
type History = output<typeof HOUSEKEEPER_HISTORY>;
type Cycle = output<typeof CYCLE>;

export const housekeeper: Page = {
  needs: ({ plan, duty }) => ({
    status: '/api/housekeeper:status',
    history: `/api/housekeeper:history?limit=30${duty ? `&duty=${encodeURIComponent(duty)}` : ''}`,
    ...(plan ? { plan: '/api/housekeeper:run' } : {}),
  }),
  render: (context) =>
    document(
      context,
      { title: 'Housekeeper', ...(context.query.plan ? {} : { refreshSeconds: 30 }) },
      <>
        <Answered<Status> panel={context.panels.status}>
          {(status) => (
            <>
              <Now status={status} />
              <Duties duties={status.duties} />
            </>
          )}
        </Answered>
        <section id="plan">
          {context.panels.plan ? (
            <Answered<Cycle> panel={context.panels.plan}>
              {(cycle) => <Planned context={context} cycle={cycle} />}
            </Answered>
          ) : (
            <p>
              <a class="button" href="/housekeeper?plan=yes#plan">
                See what it would do now
              </a>
            </p>
          )}
        </section>
        <Answered<History> panel={context.panels.history}>
          {({ runs }) => <Done runs={runs} duty={context.query.duty} />}
        </Answered>
      </>,
    ),
};

const PROBLEMS: Readonly<Record<Status['problems'][number]['kind'], string>> = {
  'never-ran': 'It has never run.',
  overdue: 'It is overdue.',
  failing: 'fails',
  behind: 'has run out of time for more than a day',
  'left-out': 'has not had its turn for two days',
};

function Now({ status }: { readonly status: Status }): VNode {
  const { healthy, problems, lease, last_run: last, next_run_due_at: next } = status;
  return (
    <>
      <p class={healthy ? 'verdict ok' : 'verdict fail'}>
        {healthy ? 'Routine work is done.' : 'Routine work needs your attention.'}
      </p>
      {problems.length > 0 && (
        <ul>
          {problems.map(({ kind, duty, since, error }) => (
            <li>
              {duty && <code>{duty}</code>} {PROBLEMS[kind]} {since && <When at={since} />} {error}
            </li>
          ))}
        </ul>
      )}
      <dl class="facts">
        <dt>Now</dt>
        <dd>
          {lease?.held ? (
            <>
              {lease.program} on {lease.host} is running, since <When at={lease.since} />
            </>
          ) : (
            'nobody is running'
          )}
        </dd>
        <dt>Last run</dt>
        <dd>
          {last ? (
            <>
              <When at={last.ended_at} />: {last.outcome}, {seconds(last.milliseconds)}
            </>
          ) : (
            'never'
          )}
        </dd>
        <dt>Next run due</dt>
        <dd>
          <When at={next} none="unknown" />
        </dd>
      </dl>
    </>
  );
}

function toneOf({ skipped_by_settings: skipped, outcome, behind }: Duty): readonly [Tone, string] {
  if (skipped) return ['plain', 'switched off'];
  if (outcome === null) return ['unknown', 'never ran'];
  if (outcome === 'failed') return ['fail', 'failed'];
  if (behind) return ['warn', 'behind'];
  return outcome === 'done' ? ['ok', 'done'] : ['warn', outcome];
}

function Duties({ duties }: { readonly duties: readonly Duty[] }): VNode {
  return (
    <Table
      caption="Duties"
      rows={duties}
      columns={[
        {
          head: 'Duty',
          cell: ({ duty }) => <a href={`/housekeeper?duty=${encodeURIComponent(duty)}#history`}>{duty}</a>,
        },
        {
          head: 'State',
          cell: (one) => {
            const [tone, word] = toneOf(one);
            return (
              <>
                <Mark tone={tone} word={word} /> {one.error ?? one.note}
              </>
            );
          },
        },
        { head: 'Last success', cell: ({ last_success_at: at }) => <When at={at} /> },
        {
          head: 'Rows',
          number: true,
          cell: ({ rows: done, outcome }) => (outcome === null ? '' : <Count of={done} />),
        },
        { head: 'Left', number: true, cell: (one) => <Left of={one} /> },
        {
          head: 'Took',
          number: true,
          cell: ({ milliseconds }) => (milliseconds === null ? '' : seconds(milliseconds)),
        },
      ]}
    />
  );
}

function Left({ of: { backlog, forecast, outcome } }: { readonly of: Duty }): VNode | null {
  if (outcome === null) return null;
  if (!forecast || forecast.rows_left === 0) return <Count of={backlog} />;
  return (
    <>
      {rows(forecast.rows_left)}
      <br />
      <small class="muted">
        {forecast.grows ? (
          'grows'
        ) : forecast.gone_at ? (
          <>
            done by <When at={forecast.gone_at} />
          </>
        ) : (
          ''
        )}
      </small>
    </>
  );
}

function Planned({ context, cycle }: { readonly context: PageContext; readonly cycle: Cycle }): VNode {
  const steps = cycle.duties.flatMap(({ duty, steps: of }) => of.map((step) => ({ duty, ...step })));
  return (
    <>
      <h2>What it would do now</h2>
      {cycle.duties.map(({ duty, error }) =>
        error ? (
          <>
            <h3>{duty}</h3>
            <FailureNote failure={error} />
          </>
        ) : null,
      )}
      {steps.length === 0 ? (
        <Nothing>There is nothing to do.</Nothing>
      ) : (
        <Table
          caption="Steps"
          rows={steps}
          columns={[
            { head: 'Duty', cell: ({ duty }) => duty },
            { head: 'Does', cell: ({ action }) => action },
            { head: 'What', cell: ({ what, detail }) => (detail ? `${what}: ${detail}` : what) },
            { head: 'Count', number: true, cell: ({ count }) => <Count of={count} /> },
          ]}
        />
      )}
      <Action context={context} command="housekeeper:run" label="Do it now">
        <p class="muted">It does what is due then, under its lease: one housekeeper at a time.</p>
      </Action>
    </>
  );
}

const OUTCOMES: Readonly<Record<History['runs'][number]['outcome'], Tone>> = {
  done: 'ok',
  running: 'plain',
  'time budget': 'warn',
  interrupted: 'warn',
  failed: 'fail',
};

function Done({ runs, duty }: { readonly runs: History['runs']; readonly duty: string | undefined }): VNode {
  return (
    <section id="history">
      <h2>What was done{duty ? ` by ${duty}` : ''}</h2>
      {duty && (
        <p>
          <a href="/housekeeper#history">Show all duties</a>
        </p>
      )}
      {runs.length === 0 ? (
        <Nothing>Nothing yet.</Nothing>
      ) : (
        <Table
          caption="Newest first"
          rows={runs}
          columns={[
            { head: 'When', cell: ({ started_at }) => <When at={started_at} /> },
            { head: 'Duty', cell: (one) => one.duty },
            {
              head: 'Outcome',
              cell: ({ outcome, error, note, runs: shared }) => (
                <>
                  <Mark tone={OUTCOMES[outcome]} word={outcome} /> {error ?? note}
                  {shared > 1 && <span class="muted"> {counted(shared, 'run')} without work</span>}
                </>
              ),
            },
            { head: 'Rows', number: true, cell: ({ rows: done }) => <Count of={done} /> },
            { head: 'Size', number: true, cell: ({ bytes }) => (bytes === null ? '' : <Size of={bytes} />) },
            { head: 'Host', cell: ({ host }) => host },
          ]}
        />
      )}
    </section>
  );
}
