/** Which database this is, taking its data out, and taking the platform to another database and back. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type {
  HOUSEKEEPER_HISTORY,
  PLANNED_EXPORT,
  PLANNED_SWITCH,
  SIZE,
  SWITCH_STATE,
} from '../../documents/schemas.ts';
import { counted } from '../../written-numbers.ts';
import type { Page, PageContext } from '../contract.ts';
import { Action } from '../parts/action.tsx';
import { Field, Tick } from '../parts/field.tsx';
import { Count, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Answered, Nothing } from '../parts/panel.tsx';
import { LastSwitch, PlannedChange, ToAnother, WayBack } from '../parts/switch.tsx';
import { Table } from '../parts/table.tsx';

type SizeDocument = output<typeof SIZE>;
type State = output<typeof SWITCH_STATE>;
type PlannedSwitch = output<typeof PLANNED_SWITCH>;
type PlannedExport = output<typeof PLANNED_EXPORT>;
type History = output<typeof HOUSEKEEPER_HISTORY>;

export const backend: Page = {
  needs: ({ plan, export: exported }) => ({
    size: '/api/db:size',
    state: '/api/db:switch:last',
    exports: '/api/housekeeper:history?duty=export&limit=10',
    ...(plan ? { plan: `/api/db:switch?plan=${encodeURIComponent(plan)}` } : {}),
    ...(exported ? { exported: '/api/export' } : {}),
  }),
  render: (context) =>
    document(
      context,
      { title: 'Backend' },
      <>
        <Answered<PlannedSwitch> panel={context.panels.plan}>
          {(plan, id) => <PlannedChange context={context} plan={plan} id={id} />}
        </Answered>
        <Answered<SizeDocument> panel={context.panels.size}>
          {(size) => <Here context={context} size={size} />}
        </Answered>
        <Answered<State> panel={context.panels.state}>
          {(state) => (
            <>
              <LastSwitch state={state} />
              <h2 id="switch">To another database</h2>
              <ToAnother context={context} state={state} />
              <h2 id="back">The way back</h2>
              <WayBack context={context} state={state} />
            </>
          )}
        </Answered>
        <h2 id="export">Exports</h2>
        <Answered<PlannedExport> panel={context.panels.exported}>
          {(plan) => <PlannedExportOf plan={plan} />}
        </Answered>
        <Export context={context} />
        <Answered<History> panel={context.panels.exports}>{({ runs }) => <Exports runs={runs} />}</Answered>
      </>,
    ),
};

function Here({ context, size }: { readonly context: PageContext; readonly size: SizeDocument }): VNode {
  return (
    <dl class="facts">
      <dt>Product</dt>
      <dd>{size.product}</dd>
      <dt>Where</dt>
      <dd>{context.database?.where ?? 'unknown'}</dd>
      <dt>Size</dt>
      <dd>
        <Size of={size.total_bytes} />
      </dd>
      {size.files.map(({ path, bytes }) => (
        <>
          <dt>
            <code>{path}</code>
          </dt>
          <dd>
            <Size of={bytes} />
          </dd>
        </>
      ))}
    </dl>
  );
}

function Export({ context }: { readonly context: PageContext }): VNode {
  return (
    <>
      <p>
        An export is the whole database as it is at one moment, in a file on the server that only its account
        can read; it can be imported into an empty database of any kind. It contains password hashes and
        credentials.
      </p>
      <p class="buttons">
        <a class="button" href="/backend?export=plan#export">
          See how large it would be
        </a>
      </p>
      <Action context={context} command="export" label="Export now">
        <Field label="Form">
          <select name="form">
            <option value="compact">compact (.rows.zst)</option>
            <option value="json">JSON</option>
          </select>
        </Field>
        <Field label="Company" hint="slug or id; all of them unless specified">
          <input name="company" autocomplete="off" />
        </Field>
        <Field label="Without these tables" hint="names with commas between them, such as artifacts">
          <input name="without" data-type="list" autocomplete="off" />
        </Field>
        <Tick name="encrypt" label="Encrypt by the passphrase of the settings (compact form only)" />
      </Action>
      <p class="muted">
        There is no import here: it needs an empty database, and a console of an empty database has nothing to
        show and nobody who could log in. In the terminal it is <code>multiflexi-cli import</code>; to move to
        another database, use the switch above.
      </p>
    </>
  );
}

function PlannedExportOf({ plan }: { readonly plan: PlannedExport }): VNode {
  return (
    <section class="shown">
      <p class="lead">
        It would take about <Size of={plan.expected_bytes} />.
      </p>
      <Table
        caption="What it would have in it"
        rows={plan.tables}
        columns={[
          { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
          { head: 'Rows', number: true, cell: ({ rows }) => <Count of={rows} /> },
          { head: 'In the database', number: true, cell: ({ bytes }) => <Size of={bytes} /> },
        ]}
      />
    </section>
  );
}

function Exports({ runs }: { readonly runs: History['runs'] }): VNode {
  if (runs.length === 0) return <Nothing>No export is known.</Nothing>;
  return (
    <Table
      caption={`The last ${counted(runs.length, 'export')}`}
      rows={runs}
      columns={[
        { head: 'When', cell: ({ finished_at, started_at }) => <When at={finished_at ?? started_at} /> },
        { head: 'Size and place', cell: ({ note }) => note },
        { head: 'Host', cell: ({ host }) => host },
      ]}
    />
  );
}
