/** How the schema came to be: what is applied, what would be, what that destroys, and whether it still is as it should be. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { PLANNED_MIGRATIONS, STATUS, VERIFICATION } from '../../documents/schemas.ts';
import { counted } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Action, Confirmations, Given } from '../parts/action.tsx';
import { Count, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { Answered, Nothing } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

type Status = output<typeof STATUS>;
type Migration = Status['migrations'][number];
type Plan = output<typeof PLANNED_MIGRATIONS>;
type Verification = output<typeof VERIFICATION>;

export const migrations: Page = {
  needs: ({ plan, target, verify }) => {
    const to = target ? `?target=${encodeURIComponent(target)}` : '';
    return {
      status: '/api/db:status',
      ...(plan === 'up' ? { plan: `/api/db:migrate${to}` } : {}),
      ...(plan === 'down' ? { plan: `/api/db:rollback${to}` } : {}),
      ...(verify ? { verification: '/api/db:verify' } : {}),
    };
  },
  render: (context) =>
    document(
      context,
      { title: 'Migrations' },
      <>
        <Answered<Verification> panel={context.panels.verification}>
          {(verified) => <Verified of={verified} />}
        </Answered>
        <Answered<Plan> panel={context.panels.plan}>
          {(plan) => <Planned context={context} plan={plan} />}
        </Answered>
        <Answered<Status> panel={context.panels.status}>{(status) => <Applied status={status} />}</Answered>
      </>,
    ),
};

const KINDS: Readonly<Record<Status['database_kind'], string>> = {
  ours: '',
  empty: 'The database is empty.',
  'php-edition': "This is a database of MultiFlexi's PHP edition. It is only looked at.",
  foreign: 'This database belongs to something else. It is only looked at.',
};

function Applied({ status }: { readonly status: Status }): VNode {
  const {
    database_kind: kind,
    pending_count: pending,
    missing_count: missing,
    changed_count: changed,
  } = status;
  const isWell = pending === 0 && missing === 0 && changed === 0;
  const counts = [
    `${status.total_count} migrations`,
    `${pending} pending`,
    `${missing} missing`,
    ...(changed > 0 ? [`${changed} changed`] : []),
  ];
  return (
    <>
      <p class={isWell ? 'verdict ok' : 'verdict warn'}>{counts.join(', ')}</p>
      {kind !== 'ours' && <p class="stale">{KINDS[kind]}</p>}
      {status.newer_than_program && (
        <p class="stale">
          The database is newer than this program: it knows migrations that the program does not.
        </p>
      )}
      <p class="buttons">
        {pending > 0 && (
          <a class="button" href="/migrations?plan=up">
            See what would be applied
          </a>
        )}
        <a class="button" href="/migrations?verify=yes">
          Compare the schema
        </a>
        <a class="button" href="/migrations?plan=down">
          See what a rollback would do
        </a>
      </p>
      <Table
        caption="Migrations, newest first"
        rows={[...status.migrations].reverse()}
        columns={[
          { head: 'Version', cell: ({ migration_id: id }) => <code>{id}</code> },
          { head: 'Name', cell: ({ migration_name: name }) => name },
          { head: 'State', cell: (one) => <State of={one} /> },
          { head: 'Applied', cell: ({ finished }) => <When at={finished} none="" /> },
          {
            head: 'Action',
            unseen: true,
            cell: ({ state, migration_id: id }) =>
              state === 'up' && (
                <a href={`/migrations?plan=down&target=${id}`} title={`Plan a rollback to ${id}`}>
                  Back to here<span class="unseen">: plan a rollback to {id}</span>
                </a>
              ),
          },
        ]}
      />
    </>
  );
}

const TONES: Readonly<Record<Migration['state'], Tone>> = {
  up: 'ok',
  down: 'warn',
  running: 'plain',
  failed: 'fail',
};

function State({ of }: { readonly of: Migration }): VNode {
  const remarks = [
    ...(of.steps_done === null ? [] : [`step ${of.steps_done} of ${of.steps_total}`]),
    ...(of.missing ? ['this program does not have it'] : []),
    ...(of.changed_at_step === null ? [] : [`changed since, at step ${of.changed_at_step}`]),
    ...(of.out_of_order ? ['a newer one is applied'] : []),
    ...(of.breakpoint ? ['breakpoint'] : []),
    ...(of.error === null ? [] : [of.error]),
  ];
  return (
    <>
      <Mark tone={of.missing ? 'fail' : TONES[of.state]} word={of.state} /> {remarks.join(', ')}
    </>
  );
}

const BLOCKS = { nothing: 'nobody waits', writes: 'writers wait', everything: 'everybody waits' } as const;

function Planned({ context, plan }: { readonly context: PageContext; readonly plan: Plan }): VNode {
  const isUp = plan.direction === 'up';
  const { target } = context.query;
  return (
    <section class="shown" id="plan">
      <h2>{isUp ? 'What would be applied' : 'What a rollback would do'}</h2>
      {plan.migrations.length === 0 && <Nothing>There is nothing to do.</Nothing>}
      {plan.losses.length > 0 && (
        <Table
          caption="What that destroys"
          rows={plan.losses}
          columns={[
            {
              head: 'Of',
              cell: ({ table, column }) => <code>{column === null ? table : `${table}.${column}`}</code>,
            },
            { head: 'Values', number: true, cell: ({ values }) => <Count of={values} /> },
            { head: 'Content', number: true, cell: ({ bytes }) => <Size of={bytes} about /> },
          ]}
        />
      )}
      {plan.migrations.map(({ migration_id: id, migration_name: name, statements }) => (
        <details>
          <summary>
            <code>{id}</code> {name}: {counted(statements.length, 'statement')}
          </summary>
          <ol class="statements">
            {statements.map(({ summary, sql, blocks, work, rows }) => (
              <li>
                <p>
                  {summary}{' '}
                  <span class="muted">
                    ({work}, {counted(rows, 'row')}; {BLOCKS[blocks]})
                  </span>
                </p>
                <pre>{sql}</pre>
              </li>
            ))}
          </ol>
        </details>
      ))}
      {plan.migrations.length > 0 && (
        <Action
          context={context}
          command={isUp ? 'db:migrate' : 'db:rollback'}
          label={isUp ? 'Apply them' : `Revert ${counted(plan.migrations.length, 'migration')}`}
          danger={!isUp}
        >
          {target && <Given name="target" value={target} />}
          <Confirmations
            of={
              plan.confirm === null
                ? []
                : [
                    {
                      kind: 'losses',
                      confirmed_by: plan.confirm,
                      message:
                        'I have read what that destroys. It is saved to a file first, and can be restored.',
                    },
                  ]
            }
          />
        </Action>
      )}
    </section>
  );
}

function Verified({ of }: { readonly of: Verification }): VNode {
  return (
    <section class="shown">
      <h2>The schema, compared with the migrations</h2>
      <p class={of.difference_count === 0 ? 'verdict ok' : 'verdict fail'}>
        {of.difference_count === 0
          ? 'It is as the migrations made it.'
          : counted(of.difference_count, 'difference')}
      </p>
      {of.differences.length > 0 && (
        <Table
          caption="Differences"
          rows={of.differences}
          columns={[
            { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
            {
              head: 'What',
              cell: ({ kind, what, name }) => `${kind} ${what}${name === null ? '' : ` ${name}`}`,
            },
            { head: 'Expected', cell: ({ expected }) => expected },
            { head: 'Found', cell: ({ found }) => found },
            { head: 'Fix', cell: ({ fix }) => fix.map((statement) => <pre>{statement}</pre>) },
          ]}
        />
      )}
      {of.outside_references.length > 0 && (
        <Table
          caption="Tables of others that refer to ours"
          rows={of.outside_references}
          columns={[
            {
              head: 'Table',
              cell: ({ schema_name, table_name }) => (
                <code>{schema_name === null ? table_name : `${schema_name}.${table_name}`}</code>
              ),
            },
            { head: 'Columns', cell: ({ columns }) => columns.join(', ') },
            {
              head: 'Refers to',
              cell: ({ target_table_name: to, target_columns: columns }) => `${to} (${columns.join(', ')})`,
            },
            { head: 'On delete', cell: ({ on_delete }) => on_delete },
          ]}
        />
      )}
      {of.left_out.map(({ table_name, reason }) => (
        <p class="muted">
          <code>{table_name}</code> is not compared: {reason}
        </p>
      ))}
    </section>
  );
}
