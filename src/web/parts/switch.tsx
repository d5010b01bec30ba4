/** A change of the platform's database: what is known of the last one, checking another one, the plan, and the way back. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { PLANNED_SWITCH, SWITCH_STATE } from '../../documents/schemas.ts';
import { counted, seconds } from '../../written-numbers.ts';
import type { PageContext } from '../contract.ts';
import { Action, Confirmations, Given, TypedNumber } from './action.tsx';
import { Field } from './field.tsx';
import { Count, Size, When } from './figures.tsx';
import { Mark } from './mark.tsx';
import { Nothing } from './panel.tsx';
import { Receipt } from './receipt.tsx';

type State = output<typeof SWITCH_STATE>;
type Plan = output<typeof PLANNED_SWITCH>;

/** An unfinished one first of all: somebody has to continue it. */
export function LastSwitch({ state: { last } }: { readonly state: State }): VNode | null {
  if (last === null) return null;
  const { from, to, phase, begun, saved_settings: saved, receipt } = last;
  const isDone = phase === 'switched';
  return (
    <section class="shown" id="last">
      <h2>The last switch</h2>
      <p class="lead">
        <Mark tone={isDone ? 'ok' : 'warn'} word={isDone ? 'finished' : 'not finished'} /> from {from.where} (
        {from.product}) to {to.where} ({to.product}), begun <When at={begun} />
      </p>
      {!isDone && (
        <p class="stale">
          It was interrupted, or is running. Check the same database again to continue: what is copied already
          is found by its digests. Nothing has to be cleared.
        </p>
      )}
      {isDone && (
        <p>
          The settings before it are in <code>{saved}</code>.
        </p>
      )}
      {receipt && (
        <details>
          <summary>The receipt</summary>
          <Receipt of={receipt} />
        </details>
      )}
    </section>
  );
}

const HOW = [
  'All rows are copied while the platform runs.',
  'Its writes wait while the rest is copied and every row is compared.',
  'If both databases are the same, the DB_* settings are replaced. The old database stays as it was.',
];

export function ToAnother({
  context,
  state: { problem, settings_file: file, env_files: others },
}: {
  readonly context: PageContext;
  readonly state: State;
}): VNode {
  if (problem !== null || file === null)
    return (
      <div class="stale">
        <p>
          <b>{problem}</b>
        </p>
        <p class="next">
          This console cannot replace the settings. Whoever may change them does it in the terminal:{' '}
          <code>multiflexi-cli db:switch --to-env FILE</code>, then{' '}
          <code>multiflexi-cli db:switch --back</code> for the way back. This console follows the settings by
          itself.
        </p>
      </div>
    );
  return (
    <>
      <ol>
        {HOW.map((step) => (
          <li>{step}</li>
        ))}
      </ol>
      <p>
        The check reads every row of this database and writes nothing. Then you see the plan, and decide. The
        settings are those in <code>{file}</code>.
      </p>
      {context.person.scope === 'read' && (
        <Nothing>
          A check has this server connect to another database: your account may not have it do that.
        </Nothing>
      )}
      <div class="columns">
        {others.length > 0 && (
          <Action context={context} command="db:switch" label="Check it" what="by a settings file">
            <h3>By a settings file</h3>
            <Given name="dry_run" value={true} type="flag" />
            <Field label="Settings of the other database" hint="files beside the settings in use">
              <select name="to_env">
                {others.map((name) => (
                  <option value={name}>{name}</option>
                ))}
              </select>
            </Field>
            <Except />
          </Action>
        )}
        <Action context={context} command="db:switch" label="Check it" what="by its address">
          <h3>By its address</h3>
          <Given name="dry_run" value={true} type="flag" />
          <Field
            label="URL"
            hint="mysql://USER@HOST/DATABASE, pgsql://USER@HOST/DATABASE or sqlite:///FILE; TLS needs a settings file"
          >
            <input name="to" required autocomplete="off" spellcheck={false} />
          </Field>
          <Field
            label="Password"
            hint="kept in memory until the switch or for half an hour; it is shown nowhere"
          >
            <input name="password" type="password" autocomplete="off" />
          </Field>
          <Except />
        </Action>
      </div>
    </>
  );
}

function Except(): VNode {
  return (
    <Field label="May stay behind" hint="tables, views, triggers or TABLE.COLUMN, with commas between them">
      <input name="except" data-type="list" autocomplete="off" />
    </Field>
  );
}

export function WayBack({
  context,
  state: { can_return: canReturn, last, problem },
}: {
  readonly context: PageContext;
  readonly state: State;
}): VNode {
  if (!canReturn || last === null)
    return <Nothing>There is nothing to return to: no switch has been made with these settings.</Nothing>;
  return (
    <>
      <p>
        What was written since is copied back to{' '}
        <b>{last.phase === 'switched' ? last.from.where : last.to.where}</b>, and compared. If somebody has
        written to that database since it was left, you are asked first.
      </p>
      {problem === null && (
        <Action context={context} command="db:switch" label="Check the way back">
          <Given name="dry_run" value={true} type="flag" />
          <Given name="back" value={true} type="flag" />
        </Action>
      )}
    </>
  );
}

export function PlannedChange({
  context,
  plan,
  id,
}: {
  readonly context: PageContext;
  readonly plan: Plan;
  readonly id: string | null;
}): VNode {
  if (plan.already) return <Nothing>The settings name that database already.</Nothing>;
  return (
    <section class="shown" id="plan">
      <h2>{plan.returns ? 'The way back' : 'The switch'}</h2>
      <dl class="facts">
        <dt>From</dt>
        <dd>
          {plan.from.where} ({plan.from.product})
        </dd>
        <dt>To</dt>
        <dd>
          {plan.to.where} ({plan.to.product})
        </dd>
        <dt>Settings to be replaced</dt>
        <dd>
          <code>DB_*</code> in <code>{plan.settings_file}</code>
        </dd>
        <dt>Rows</dt>
        <dd>
          <Count of={plan.rows} />, <Size of={plan.bytes} /> of values
        </dd>
        <dt>Copying takes</dt>
        <dd>about {seconds(plan.copy_seconds * 1_000)}, while the platform runs</dd>
        <dt>Writes wait</dt>
        <dd>about {seconds(plan.stop_seconds * 1_000)}</dd>
      </dl>
      {plan.returns && plan.needs_confirmation.length === 0 && (
        <p>Nobody has written to that database since the platform left it.</p>
      )}
      {plan.continues && <p class="stale">A switch that was interrupted is continued.</p>}
      {plan.notes.map((note) => (
        <p class="stale">{note}.</p>
      ))}
      {plan.problems.length > 0 && (
        <>
          <p class="verdict fail">{counted(plan.problems.length, 'problem')} must be corrected first</p>
          <ul>
            {plan.problems.map((problem) => (
              <li>{problem}</li>
            ))}
          </ul>
          {plan.next !== null && <p>{plan.next}</p>}
        </>
      )}
      {id !== null && (
        <Action context={context} command="db:switch" label={`Switch to ${plan.to.where}`} danger>
          <Given name="plan" value={id} />
          <Confirmations of={plan.needs_confirmation} />
          <Field label="Longest wait of the platform's writes" hint="in seconds; no limit unless specified">
            <input name="max_stop" data-type="number" inputMode="numeric" autocomplete="off" />
          </Field>
          <TypedNumber name="rows" number={plan.rows} what="rows to be moved" />
        </Action>
      )}
    </section>
  );
}
