/** Policies that say how long rows are kept, and holds that keep some of them whatever the policies say. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { RETENTION } from '../../documents/schemas.ts';
import { counted, rows } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Action, Given } from '../parts/action.tsx';
import { Field, Tick } from '../parts/field.tsx';
import { When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Mark } from '../parts/mark.tsx';
import { Answered, Nothing } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

type Retention = output<typeof RETENTION>;
type Policy = Retention['policies'][number];
type Hold = Retention['holds'][number];

export const retention: Page = {
  needs: () => ({ retention: '/api/retention:list' }),
  render: (context) =>
    document(
      context,
      { title: 'Policies and holds' },
      <>
        <Answered<Retention> panel={context.panels.retention}>
          {({ policies, holds }) => (
            <>
              <Policies context={context} policies={policies} />
              <Holds context={context} holds={holds} />
            </>
          )}
        </Answered>
        <div class="columns">
          <NewPolicy context={context} />
          <NewHold context={context} />
        </div>
      </>,
    ),
};

const SUBJECTS = {
  job: 'jobs',
  logger: 'log entries',
  token: 'tokens',
  history: "the housekeeper's history",
} as const;

function Policies({
  context,
  policies,
}: {
  readonly context: PageContext;
  readonly policies: readonly Policy[];
}): VNode {
  if (policies.length === 0) return <Nothing>There are no policies: nothing is deleted by itself.</Nothing>;
  return (
    <>
      <Table
        caption="Policies"
        rows={policies}
        columns={[
          { head: 'Of', cell: ({ subject }) => SUBJECTS[subject] },
          { head: 'Where', cell: (one) => scopeOf(one) },
          { head: 'Kept', cell: (one) => keptBy(one) },
          { head: 'Archived', cell: ({ archive }) => (archive ? 'yes' : 'no') },
          {
            head: 'State',
            cell: ({ enabled }) => (
              <Mark tone={enabled ? 'ok' : 'plain'} word={enabled ? 'in force' : 'disabled'} />
            ),
          },
          { head: 'Note', cell: ({ note }) => note },
          {
            head: 'Action',
            unseen: true,
            cell: (one) => (
              <Action
                context={context}
                command="retention:remove"
                label="Remove"
                what={`the policy of ${SUBJECTS[one.subject]}, ${scopeOf(one)}`}
              >
                <Given name="policy" value={String(one.id)} />
              </Action>
            ),
          },
        ]}
      />
      <p>
        <a class="button" href="/purge?by=policies#plan">
          See what they would delete now
        </a>
      </p>
    </>
  );
}

function scopeOf({ company_id: company, run_template_id: template }: Policy): string {
  if (template !== null) return `run template ${template}`;
  return company === null ? 'all companies' : `company ${company}`;
}

function keptBy({ max_age_days: days, keep_last: last, keep_last_success: success }: Policy): string {
  const kept = [
    ...(days === null ? [] : [counted(days, 'day')]),
    ...(last === null ? [] : [`the newest ${rows(last)}`]),
    ...(success ? ['the last success'] : []),
  ];
  return kept.join(', ');
}

function Holds({
  context,
  holds,
}: {
  readonly context: PageContext;
  readonly holds: readonly Hold[];
}): VNode {
  if (holds.length === 0) return <Nothing>Nothing is held.</Nothing>;
  return (
    <Table
      caption="Holds"
      rows={holds}
      columns={[
        { head: 'What', cell: (one) => heldBy(one) },
        { head: 'Reason', cell: ({ reason }) => reason },
        { head: 'Since', cell: ({ since }) => <When at={since} /> },
        { head: 'Until', cell: ({ until }) => <When at={until} none="it is released" /> },
        {
          head: 'State',
          cell: ({ over }) => <Mark tone={over ? 'plain' : 'ok'} word={over ? 'over' : 'in force'} />,
        },
        {
          head: 'Action',
          unseen: true,
          cell: (one) => (
            <Action context={context} command="retention:release" label="Release" what={heldBy(one)}>
              <Given name="hold" value={String(one.id)} />
            </Action>
          ),
        },
      ]}
    />
  );
}

function heldBy({ job_id: job, run_template_id: template, company_id: company }: Hold): string {
  if (job !== null) return `job ${job}`;
  return template !== null ? `run template ${template}` : `company ${company}`;
}

function NewPolicy({ context }: { readonly context: PageContext }): VNode {
  return (
    <Action context={context} command="retention:set" label="Set the policy">
      <h2>Set a policy</h2>
      <Field label="Of">
        <select name="subject">
          {Object.entries(SUBJECTS).map(([value, name]) => (
            <option value={value}>{name}</option>
          ))}
        </select>
      </Field>
      <Field label="Company" hint="its name or id; all of them unless specified">
        <input name="company" autocomplete="off" />
      </Field>
      <Field label="Run template" hint="its id">
        <input name="run_template" inputMode="numeric" autocomplete="off" />
      </Field>
      <Field label="Delete what is older than" hint="90d, 8w, 2y">
        <input name="older_than" autocomplete="off" />
      </Field>
      <Field label="Keep the newest">
        <input name="keep_last" inputMode="numeric" data-type="number" autocomplete="off" />
      </Field>
      <Tick name="keep_last_success" label="Keep the last success of each run template" checked />
      <Tick name="archive" label="Archive what is deleted" />
      <Field label="Note">
        <input name="note" maxLength={255} autocomplete="off" />
      </Field>
    </Action>
  ) as VNode;
}

function NewHold({ context }: { readonly context: PageContext }): VNode {
  return (
    <Action context={context} command="retention:hold" label="Hold it">
      <h2>Hold something</h2>
      <p>One of the three:</p>
      <Field label="Job">
        <input name="job" inputMode="numeric" autocomplete="off" />
      </Field>
      <Field label="Jobs of a run template" hint="its id">
        <input name="run_template" inputMode="numeric" autocomplete="off" />
      </Field>
      <Field label="Company" hint="its name or id">
        <input name="company" autocomplete="off" />
      </Field>
      <Field label="Until" hint="a day, as 2027-06-30; until it is released unless specified">
        <input name="until" autocomplete="off" />
      </Field>
      <Field label="Reason">
        <input name="reason" required maxLength={255} autocomplete="off" />
      </Field>
    </Action>
  ) as VNode;
}
