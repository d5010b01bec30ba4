/** How big each table is, what is free in it, how good its statistics are, and what a rebuild would cost. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type {
  PLANNED_ANALYZE,
  PLANNED_OPTIMIZE,
  PLANNED_RECLAIM,
  PLANNED_VACUUM,
  SIZE,
} from '../../documents/schemas.ts';
import { seconds } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Action, Confirmations } from '../parts/action.tsx';
import { Count, Share, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Mark } from '../parts/mark.tsx';
import { Answered, Nothing } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

type SizeDocument = output<typeof SIZE>;
type Analyze = output<typeof PLANNED_ANALYZE>;
type Vacuum = output<typeof PLANNED_VACUUM>;
type Optimize = output<typeof PLANNED_OPTIMIZE>;
type Reclaim = output<typeof PLANNED_RECLAIM>;

/** What can be planned here, by the word in the address. */
const PLANS = {
  analyze: 'New statistics',
  vacuum: 'Make free space usable',
  reclaim: 'Give free space back',
  optimize: 'Rebuild',
} as const;

export const tables: Page = {
  needs: ({ plan = '' }) => ({
    size: '/api/db:size',
    ...(Object.hasOwn(PLANS, plan) ? { [plan]: `/api/db:${plan}` } : {}),
  }),
  render: (context) => {
    const { size, analyze, vacuum, optimize, reclaim } = context.panels;
    return document(
      context,
      { title: 'Tables' },
      <>
        <p class="tabs">
          {Object.entries(PLANS).map(([plan, name]) => (
            <a href={`/tables?plan=${plan}`} aria-current={context.query.plan === plan ? 'true' : undefined}>
              {name}
            </a>
          ))}
        </p>
        <Answered<Analyze> panel={analyze}>
          {(plan) => <AnalyzePlan context={context} plan={plan} />}
        </Answered>
        <Answered<Vacuum> panel={vacuum}>{(plan) => <VacuumPlan context={context} plan={plan} />}</Answered>
        <Answered<Reclaim> panel={reclaim}>
          {(plan) => <ReclaimPlan context={context} plan={plan} />}
        </Answered>
        <Answered<Optimize> panel={optimize}>
          {(plan) => <OptimizePlan context={context} plan={plan} />}
        </Answered>
        <Answered<SizeDocument> panel={size}>{(document) => <Sizes of={document} />}</Answered>
      </>,
    );
  },
};

function Sizes({ of }: { readonly of: SizeDocument }): VNode {
  return (
    <>
      <p class="lead">
        <Size of={of.total_bytes} />, of which <Size of={of.free_bytes} about={of.free_is !== 'exact'} /> are
        free
        {of.disk_free_bytes !== null && (
          <>
            ; <Size of={of.disk_free_bytes} /> are free on the disk
          </>
        )}
      </p>
      <Table
        caption="Tables, the biggest first"
        rows={of.tables}
        columns={[
          { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
          { head: 'Share', cell: ({ share }) => <Share of={share} /> },
          {
            head: 'Size',
            number: true,
            cell: ({ total_bytes: all, bytes_exact }) => <Size of={all} about={!bytes_exact} />,
          },
          { head: 'Data', number: true, cell: ({ data_bytes }) => <Size of={data_bytes} /> },
          { head: 'Indexes', number: true, cell: ({ index_bytes }) => <Size of={index_bytes} /> },
          { head: 'Free', number: true, cell: ({ free_bytes }) => <Size of={free_bytes} /> },
          {
            head: 'Rows',
            number: true,
            cell: ({ rows, rows_exact }) => (
              <>
                {rows_exact ? '' : '~'}
                <Count of={rows} />
              </>
            ),
          },
        ]}
      />
      {of.unmeasured.map(({ table_name, reason }) => (
        <p class="muted">
          <code>{table_name}</code> was not measured:{' '}
          {reason === 'busy' ? 'another session has locked it' : 'that would read the whole table'}.
        </p>
      ))}
      {of.notes.map((note) => (
        <p class="muted">{note}</p>
      ))}
    </>
  );
}

function AnalyzePlan({ context, plan }: { readonly context: PageContext; readonly plan: Analyze }): VNode {
  const due = plan.tables.filter(({ analyze }) => analyze);
  return (
    <section class="shown">
      <h2>Statistics of the query planner</h2>
      <Table
        caption="Tables"
        rows={plan.tables}
        columns={[
          { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
          {
            head: 'State',
            cell: ({ analyze, statistics }) => <Mark tone={analyze ? 'warn' : 'ok'} word={statistics} />,
          },
          { head: 'Why', cell: ({ reason }) => reason },
          { head: 'Changed rows', number: true, cell: ({ changes }) => <Count of={changes} /> },
          { head: 'Last', cell: ({ analyzed_at: at }) => <When at={at} none="unknown" /> },
        ]}
      />
      {due.length === 0 ? (
        <Nothing>All of them are good.</Nothing>
      ) : (
        <Action context={context} command="db:analyze" label="Make them anew" />
      )}
    </section>
  );
}

function VacuumPlan({ context, plan }: { readonly context: PageContext; readonly plan: Vacuum }): VNode {
  return (
    <section class="shown">
      <h2>Space of deleted rows</h2>
      {plan.does_it_itself ? (
        <Nothing>The server frees deleted rows by itself.</Nothing>
      ) : (
        <Action context={context} command="db:vacuum" label="Make it usable again" />
      )}
      {plan.backlog && (
        <p>
          <Count of={plan.backlog.transactions} /> transactions are still to be freed
          {plan.backlog.oldest_reader && `, kept for ${plan.backlog.oldest_reader}`}.
        </p>
      )}
      <Remedies plan={plan} />
    </section>
  );
}

function ReclaimPlan({ context, plan }: { readonly context: PageContext; readonly plan: Reclaim }): VNode {
  return (
    <section class="shown">
      <h2>What can be given back to the disk</h2>
      <p class="lead">
        <Size of={plan.reclaimable_bytes} about={plan.estimated} />
      </p>
      <Remedies plan={plan} />
      {plan.how.some(({ by_reclaim }) => by_reclaim) && (
        <Action context={context} command="db:reclaim" label="Give it back" />
      )}
    </section>
  );
}

function Remedies({ plan: { how, notes } }: { readonly plan: Pick<Reclaim, 'how' | 'notes'> }): VNode {
  return (
    <>
      {how.length > 0 && (
        <Table
          caption="Ways, the mildest first"
          rows={how}
          columns={[
            { head: 'How', cell: ({ command }) => <code>{command}</code> },
            { head: 'Gives', cell: ({ gives }) => gives },
            { head: 'Others wait for', cell: ({ lock }) => lock },
            { head: 'Needs', cell: ({ needs }) => needs },
          ]}
        />
      )}
      {notes.map((note) => (
        <p class="muted">{note}</p>
      ))}
    </>
  );
}

const BLOCKED = {
  writers: 'writers wait until it is done',
  everybody: 'everybody waits until it is done',
} as const;

function OptimizePlan({ context, plan }: { readonly context: PageContext; readonly plan: Optimize }): VNode {
  const due = plan.tables.some(({ rebuild }) => rebuild);
  return (
    <section class="shown">
      <h2>Rebuild</h2>
      <p class="lead">
        <code>{plan.method}</code>: {plan.blocks === null ? 'nobody waits' : BLOCKED[plan.blocks]}.{' '}
        {plan.lock}
      </p>
      {plan.cluster && <p class="stale">All nodes of {plan.cluster} wait meanwhile.</p>}
      <Table
        caption="Tables"
        rows={plan.tables}
        columns={[
          { head: 'Table', cell: ({ table_name }) => <code>{table_name ?? 'the whole database'}</code> },
          {
            head: 'Verdict',
            cell: ({ rebuild, obstacle, how_known }) => (
              <>
                <Mark
                  tone={obstacle ? 'fail' : rebuild ? 'warn' : 'ok'}
                  word={rebuild ? 'worth it' : 'not now'}
                />{' '}
                {obstacle ?? how_known}
              </>
            ),
          },
          { head: 'Size', number: true, cell: ({ bytes }) => <Size of={bytes} /> },
          {
            head: 'At least back',
            number: true,
            cell: ({ at_least_back_bytes: back }) => <Size of={back} />,
          },
          {
            head: 'Needs',
            cell: ({ needs }) =>
              needs.map(({ disk, bytes }) => (
                <span>
                  <Size of={bytes} /> {disk}{' '}
                </span>
              )),
          },
          {
            head: 'Takes',
            number: true,
            cell: ({ expected_milliseconds: ms }) =>
              ms === null ? <span class="muted">unknown</span> : seconds(ms),
          },
          { head: 'Last', cell: ({ last_rebuilt_at: at }) => <When at={at} /> },
        ]}
      />
      {plan.notes.map((note) => (
        <p class="muted">{note}</p>
      ))}
      {due && (
        <Action context={context} command="db:optimize" label="Rebuild" danger>
          <Confirmations of={plan.confirmations} />
        </Action>
      )}
    </section>
  );
}
