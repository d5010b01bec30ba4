/** What was saved before it was deleted: whether it is whole, what is in it, and putting it back. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { ARCHIVE, ARCHIVES, PLANNED_ARCHIVE_RESTORE } from '../../documents/schemas.ts';
import { counted } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Action, Confirmations, Given } from '../parts/action.tsx';
import { Field } from '../parts/field.tsx';
import { Count, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { Answered, Nothing } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

type Archives = output<typeof ARCHIVES>;
type Archive = output<typeof ARCHIVE>;
type Restore = output<typeof PLANNED_ARCHIVE_RESTORE>;

export const archives: Page = {
  needs: ({ show, restore, job }) => ({
    list: '/api/archive:list',
    ...(show ? { shown: `/api/archive:show?archive=${encodeURIComponent(show)}` } : {}),
    ...(restore
      ? {
          restore: `/api/archive:restore?archive=${encodeURIComponent(restore)}${job ? `&job=${encodeURIComponent(job)}` : ''}`,
        }
      : {}),
  }),
  render: (context) =>
    document(
      context,
      { title: 'Archives' },
      <>
        <Answered<Restore> panel={context.panels.restore}>
          {(plan) => <RestorePlan context={context} plan={plan} />}
        </Answered>
        <Answered<Archive> panel={context.panels.shown}>{(shown) => <Contents of={shown} />}</Answered>
        <Answered<Archives> panel={context.panels.list}>
          {({ directory, archives: list }) => (
            <>
              <h2>
                In <code>{directory}</code>
              </h2>
              {list.length === 0 ? (
                <Nothing>There are no archives yet.</Nothing>
              ) : (
                <>
                  <List list={list} />
                  <Action context={context} command="archive:verify" label="Verify all of them">
                    <p class="muted">Every row is read and held against its digest. That takes a while.</p>
                  </Action>
                </>
              )}
            </>
          )}
        </Answered>
      </>,
    ),
};

const STATES: Readonly<Record<Archives['archives'][number]['state'], Tone>> = {
  whole: 'ok',
  unsettled: 'warn',
  damaged: 'fail',
  unreadable: 'fail',
};

function List({ list }: { readonly list: Archives['archives'] }): VNode {
  return (
    <Table
      caption="Archives"
      rows={list}
      columns={[
        {
          head: 'Archive',
          cell: ({ archive }) => <a href={`/archives?show=${encodeURIComponent(archive)}`}>{archive}</a>,
        },
        {
          head: 'State',
          cell: ({ state, fault }) => (
            <>
              <Mark tone={STATES[state]} word={state} /> {fault}
            </>
          ),
        },
        { head: 'Made', cell: ({ created }) => <When at={created} none="unknown" /> },
        { head: 'By', cell: ({ command }) => command },
        {
          head: 'Jobs',
          number: true,
          cell: ({ companies }) => <Count of={companies.reduce((sum, { jobs }) => sum + jobs, 0)} />,
        },
        { head: 'Size', number: true, cell: ({ bytes }) => <Size of={bytes} /> },
        {
          head: 'Action',
          unseen: true,
          cell: ({ archive, state }) =>
            state === 'whole' && (
              <a class="button" href={`/archives?restore=${encodeURIComponent(archive)}`}>
                Plan a restore<span class="unseen"> of {archive}</span>
              </a>
            ),
        },
      ]}
    />
  );
}

function Contents({ of }: { readonly of: Archive }): VNode {
  return (
    <section class="shown">
      <h2>{of.archive}</h2>
      <p class="lead">
        <Mark tone={STATES[of.state]} word={of.state} /> Made{' '}
        <When at={of.created} none="at an unknown time" />
        {of.source && ` from ${of.source.product} at ${of.source.where}`}
        {of.encrypted && ', encrypted'}
      </p>
      {of.unconfirmed.map((part) => (
        <p class="stale">The last rows of {part} may still be in the database as well.</p>
      ))}
      <div class="columns">
        <Table
          caption="Rows"
          rows={of.tables}
          columns={[
            { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
            { head: 'Rows', number: true, cell: ({ rows }) => <Count of={rows} /> },
          ]}
        />
        <Table
          caption="Jobs by company"
          rows={of.companies}
          columns={[
            { head: 'Company', cell: ({ slug, company_id }) => slug ?? `${company_id}, deleted since` },
            { head: 'Jobs', number: true, cell: ({ jobs }) => <Count of={jobs} /> },
            { head: 'Oldest', cell: ({ oldest }) => <When at={oldest} /> },
            { head: 'Newest', cell: ({ newest }) => <When at={newest} /> },
          ]}
        />
      </div>
      <form class="rules" method="get" action="/archives">
        <h3>Put it back</h3>
        <input type="hidden" name="restore" value={of.archive} />
        <Field label="Only these jobs" hint="ids with commas between them; all unless specified">
          <input name="job" autocomplete="off" />
        </Field>
        <button type="submit" class="primary">
          Plan a restore
        </button>
      </form>
    </section>
  );
}

function RestorePlan({ context, plan }: { readonly context: PageContext; readonly plan: Restore }): VNode {
  const total = plan.tables.reduce((sum, { rows }) => sum + rows, 0);
  const { job } = context.query;
  return (
    <section class="shown">
      <h2>What would be restored from {plan.archive}</h2>
      {plan.differences.map((difference) => (
        <p class="stale">{difference}</p>
      ))}
      {plan.missing_jobs.length > 0 && (
        <p class="stale">
          {counted(plan.missing_jobs.length, 'job')} that you asked for{' '}
          {plan.missing_jobs.length === 1 ? 'is' : 'are'} not in it: {plan.missing_jobs.join(', ')}
        </p>
      )}
      {plan.left_out_columns.length > 0 && (
        <p class="stale">The tables no longer have these columns: {plan.left_out_columns.join(', ')}</p>
      )}
      <Table
        caption="Rows"
        rows={plan.tables}
        columns={[
          { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
          { head: 'Rows', number: true, cell: ({ rows }) => <Count of={rows} /> },
        ]}
      />
      {total > 0 && (
        <Action context={context} command="archive:restore" label={`Restore ${counted(total, 'row')}`}>
          <Given name="archive" value={plan.archive} />
          {job && <Given name="job" value={job} type="list" />}
          <Confirmations of={plan.needs_confirmation} />
          <p class="muted">
            Rows that are there already stay as they are. One that was given to another in the meantime is a
            conflict: it is left out, and named.
          </p>
        </Action>
      )}
    </section>
  );
}
