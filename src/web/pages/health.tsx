/** Whether the database is well: a sentence for each thing to look after, the worst first, and where to go from there. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { OVERVIEW } from '../../documents/schemas.ts';
import type { Page, PageContext } from '../contract.ts';
import { Action, Given } from '../parts/action.tsx';
import { Field } from '../parts/field.tsx';
import { document } from '../parts/html.tsx';
import { Mark } from '../parts/mark.tsx';
import { Answered } from '../parts/panel.tsx';
import { remedyOf } from '../places.ts';

type Overview = output<typeof OVERVIEW>;
type Finding = Overview['findings'][number];

const ORDER = ['fail', 'warn', 'unknown', 'ok'] as const;

export const health: Page = {
  needs: () => ({ status: '/api/status' }),
  render: (context) =>
    document(
      context,
      { title: 'Health', refreshSeconds: 30 },
      <Answered<Overview> panel={context.panels.status}>
        {({ well, findings }) => (
          <>
            <p class={well ? 'verdict ok' : 'verdict fail'}>
              {well ? 'The database is well.' : 'Something needs your attention.'}
            </p>
            <ul class="findings" aria-label="What was looked at, the worst first">
              {ORDER.flatMap((level) =>
                findings
                  .filter((one) => one.level === level && one.dismissed === null)
                  .map((finding) => <Sentence context={context} finding={finding} />),
              )}
            </ul>
            <Accepted context={context} findings={findings.filter(({ dismissed }) => dismissed !== null)} />
          </>
        )}
      </Answered>,
    ),
};

function Sentence({ context, finding }: { readonly context: PageContext; readonly finding: Finding }): VNode {
  const { id, level, sentence, next } = finding;
  const isFault = level === 'warn' || level === 'fail';
  const remedy = level === 'ok' && next === null ? undefined : remedyOf(id);
  return (
    <li class={`finding ${level}`}>
      <Mark tone={level} word={level} />
      <div>
        <p>{sentence}</p>
        {next !== null && <p class="next">{next}</p>}
        {remedy && (
          <a class="button" href={remedy[0]}>
            {remedy[1]}
          </a>
        )}
        {isFault && context.person.scope === 'maintain' && (
          <details>
            <summary>
              Accept it as it is<span class="unseen">: {sentence}</span>
            </summary>
            <Action context={context} command="status:dismiss" label="Accept" what={`it as it is: ${id}`}>
              <Given name="finding" value={id} />
              <Field label="Why">
                <input name="reason" required maxLength={255} autocomplete="off" />
              </Field>
            </Action>
          </details>
        )}
      </div>
    </li>
  );
}

function Accepted({
  context,
  findings,
}: {
  readonly context: PageContext;
  readonly findings: readonly Finding[];
}): VNode | null {
  if (findings.length === 0) return null;
  return (
    <section>
      <h2>Accepted</h2>
      <ul class="findings" aria-label="Accepted">
        {findings.map(({ id, sentence, dismissed }) => (
          <li class="finding">
            <Mark tone="plain" word="accepted" />
            <div>
              <p>{sentence}</p>
              <p class="muted">{dismissed}</p>
              <Action
                context={context}
                command="status:restore"
                label="Show it as a fault again"
                what={`: ${id}`}
              >
                <Given name="finding" value={id} />
              </Action>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
