/** What would be deleted, why a job stays, and doing it. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { EXPLANATION, PLANNED_PURGE } from '../../documents/schemas.ts';
import { rows as written } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Action, Confirmations, Given, TypedNumber } from '../parts/action.tsx';
import { Field, Tick } from '../parts/field.tsx';
import { Count, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Mark } from '../parts/mark.tsx';
import { Answered, Nothing } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

type Plan = output<typeof PLANNED_PURGE>;
type Explanation = output<typeof EXPLANATION>;
type Query = Readonly<Record<string, string>>;

/** Fields of the form of rules: those that the route knows, and are filled in. */
const RULES = [
  'jobs',
  'logs',
  'keep',
  'keep_per_template',
  'keep_last_success',
  'older_than',
  'status',
  'company',
  'archive',
];

export const purge: Page = {
  needs: (query) => ({
    ...(planned(query) === undefined ? {} : { plan: planned(query) as string }),
    ...(query.explain
      ? { explanation: `/api/retention:explain?job=${encodeURIComponent(query.explain)}` }
      : {}),
  }),
  render: (context) =>
    document(
      context,
      { title: 'Purge', lead: 'Nothing is deleted before you have seen the plan and typed its number.' },
      <>
        <div class="columns">
          <Rules query={context.query} />
          <div>
            <Policies />
            <Why context={context} />
          </div>
        </div>
        <section id="plan">
          <Answered<Plan> panel={context.panels.plan}>
            {(plan, id) => <Planned context={context} plan={plan} id={id} />}
          </Answered>
        </section>
      </>,
    ),
};

function planned(query: Query): string | undefined {
  if (query.by === 'policies') return `/api/retention:run?${search(query, ['archive'])}`;
  if (query.jobs !== undefined || query.logs !== undefined) return `/api/prune?${search(query, RULES)}`;
  return undefined;
}

/** A field that was left empty is not asked for. */
function search(query: Query, names: readonly string[]): string {
  return new URLSearchParams(
    names.flatMap((name) => (query[name] ? [[name, query[name]] as [string, string]] : [])),
  ).toString();
}

function Rules({ query }: { readonly query: Query }): VNode {
  return (
    <form class="rules" method="get" action="/purge#plan">
      <h2>By rules</h2>
      <div class="ticks">
        <Tick name="jobs" label="Jobs, with their artifacts and logs" checked={query.jobs === 'true'} />
        <Tick name="logs" label="Log entries" checked={query.logs === 'true'} />
      </div>
      <Field label="Older than" hint="12h, 90d, 8w, 6m, 2y, or a date">
        <input name="older_than" value={query.older_than} placeholder="90d" autocomplete="off" />
      </Field>
      <Field label="Keep the newest" hint="of each kind, whatever their age">
        <input name="keep" value={query.keep} inputMode="numeric" placeholder="10000" autocomplete="off" />
      </Field>
      <Field label="Keep of each run template">
        <input
          name="keep_per_template"
          value={query.keep_per_template}
          inputMode="numeric"
          autocomplete="off"
        />
      </Field>
      <Field label="Company" hint="all of them unless specified">
        <input name="company" value={query.company} autocomplete="off" />
      </Field>
      <div class="ticks">
        <Tick
          name="keep_last_success"
          label="Keep the last success of each run template"
          checked={query.keep_last_success === 'true'}
        />
        <Tick name="archive" label="Archive what is deleted" checked={query.archive === 'true'} />
      </div>
      <button type="submit" class="primary">
        Plan it
      </button>
    </form>
  );
}

function Policies(): VNode {
  return (
    <form class="rules" method="get" action="/purge#plan">
      <h2>By the policies</h2>
      <p>
        What the <a href="/retention">policies and holds</a> say is due now.
      </p>
      <input type="hidden" name="by" value="policies" />
      <button type="submit" class="primary">
        Plan it<span class="unseen"> by the policies</span>
      </button>
    </form>
  );
}

/** It knows the policies and holds only; beside a plan by rules that has to be said, as the rules may delete what it keeps. */
function Why({ context: { query, panels } }: { readonly context: PageContext }): VNode {
  const isByRules = query.by !== 'policies' && planned(query) !== undefined;
  return (
    <form class="rules" method="get" action="/purge">
      <h2>Why is this job kept?</h2>
      <p>What the policies and holds say about it.</p>
      {isByRules && (
        <p class="stale">The rules of this plan are not asked: they may delete it, unless a hold keeps it.</p>
      )}
      {['by', ...RULES].map((name) => query[name] && <input type="hidden" name={name} value={query[name]} />)}
      <Field label="Job">
        <input name="explain" value={query.explain} inputMode="numeric" required autocomplete="off" />
      </Field>
      <button type="submit">Explain</button>
      <Answered<Explanation> panel={panels.explanation}>{(told) => <Explained of={told} />}</Answered>
    </form>
  );
}

function Explained({ of }: { readonly of: Explanation }): VNode {
  return (
    <div class="explained" role="status">
      <p>
        <Mark tone={of.goes ? 'warn' : 'ok'} word={of.goes ? 'will be deleted' : 'is kept'} /> Job {of.job_id}
        , {of.status}, of <When at={of.created} />
      </p>
      <ul>
        {of.reasons.map((reason) => (
          <li>{reason}</li>
        ))}
      </ul>
      {!of.goes && of.ages_out && (
        <p>
          Its age lets it be deleted from <When at={of.ages_out} /> on.
        </p>
      )}
    </div>
  );
}

function Planned({
  context,
  plan,
  id,
}: {
  readonly context: PageContext;
  readonly plan: Plan;
  readonly id: string | null;
}): VNode {
  const total = plan.tables.reduce((sum, { rows }) => sum + rows, 0);
  return (
    <>
      <h2>The plan</h2>
      {total === 0 ? (
        <Nothing>There is nothing to delete.</Nothing>
      ) : (
        <>
          <p class="lead">
            <b>{written(total)}</b> rows would be deleted, counted at <When at={plan.made} />.
          </p>
          <Table
            caption="To be deleted"
            rows={plan.tables}
            columns={[
              { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
              { head: 'Rows', number: true, cell: ({ rows }) => <Count of={rows} /> },
              {
                head: 'Of these, with their job',
                number: true,
                cell: (one) => <Count of={one.with_their_job} />,
              },
              {
                head: 'Content',
                number: true,
                cell: ({ bytes_estimate }) => <Size of={bytes_estimate} about />,
              },
            ]}
          />
        </>
      )}
      {plan.companies.length > 0 && (
        <Table
          caption="Jobs by company"
          rows={plan.companies}
          columns={[
            { head: 'Company', cell: ({ slug }) => slug },
            { head: 'Jobs', number: true, cell: ({ jobs }) => <Count of={jobs} /> },
            { head: 'Oldest', cell: ({ oldest }) => <When at={oldest} /> },
            { head: 'Newest', cell: ({ newest }) => <When at={newest} /> },
          ]}
        />
      )}
      <OtherTables plan={plan} />
      {plan.oversized.map(({ company, jobs }) => (
        <p class="stale">
          {company ?? 'All companies'}: {written(jobs)} jobs are left out, as that is more than the guard
          allows.
        </p>
      ))}
      {total > 0 && <CarryOut context={context} plan={plan} id={id} total={total} />}
    </>
  );
}

function OtherTables({ plan: { dependents, hooks } }: { readonly plan: Plan }): VNode | null {
  if (dependents.length === 0 && hooks.length === 0) return null;
  return (
    <>
      {dependents.length > 0 && (
        <Table
          caption="Tables that are not ours, and depend on these rows"
          rows={dependents}
          columns={[
            { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
            { head: 'Refers to', cell: ({ refers_to }) => <code>{refers_to}</code> },
            { head: 'Rows', number: true, cell: ({ rows }) => <Count of={rows} /> },
            { head: 'What happens', cell: ({ effect }) => EFFECTS[effect] },
          ]}
        />
      )}
      {hooks.map(({ kind, name, table_name }) => (
        <p class="stale">
          There is a {kind} <code>{name}</code> on <code>{table_name}</code>. What it does when rows are
          deleted is not known.
        </p>
      ))}
    </>
  );
}

const EFFECTS = {
  deleted: 'deleted with them',
  unlinked: 'lose their link',
  keep: 'keep the rows that they refer to',
} as const;

function CarryOut({
  context,
  plan,
  id,
  total,
}: {
  readonly context: PageContext;
  readonly plan: Plan;
  readonly id: string | null;
  readonly total: number;
}): VNode {
  const command = context.query.by === 'policies' ? 'retention:run' : 'prune';
  if (id === null) return <p class="muted">This plan can only be looked at.</p>;
  return (
    <Action context={context} command={command} label={`Delete ${written(total)} rows`} danger>
      <h3>Carry it out</h3>
      <Given name="plan" value={id} />
      {context.query.archive === 'true' && <Given name="archive" value={true} type="flag" />}
      <Confirmations of={plan.needs_confirmation} />
      <TypedNumber name="rows" number={total} what="rows" />
      <p class="muted">
        It is done in short transactions and gives way to the platform. You can stop it at any time, and close
        this page: it continues.
      </p>
    </Action>
  );
}
