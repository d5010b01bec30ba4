/**
 * What changes something: a form whose fields are the input of a command. The browser's script sends it as JSON and says what
 * came of it; without script, or for those who may only look, there is nothing to press.
 */
import type { ComponentChildren, VNode } from 'preact';
import type { PageContext } from '../contract.ts';

export interface Confirmation {
  readonly kind: string;
  readonly confirmed_by: string;
  readonly message: string;
}

export function Action({
  context,
  command,
  label,
  what,
  danger = false,
  children,
}: {
  readonly context: PageContext;
  /** As the terminal calls it. */
  readonly command: string;
  /** What the button says. */
  readonly label: string;
  /** What it is done to, where there are several such buttons: heard by those who do not see where it stands. */
  readonly what?: string | undefined;
  readonly danger?: boolean;
  readonly children?: ComponentChildren;
}): VNode | null {
  if (context.person.scope === 'read') return null;
  return (
    // Without the script nothing of it may get into an address: it is posted to where nothing takes it.
    <form class={danger ? 'action danger' : 'action'} method="post" data-command={command}>
      {children}
      <div class="press">
        <button type="submit" class={danger ? 'danger' : 'primary'}>
          {label}
          {what && <span class="unseen"> {what}</span>}
        </button>
        <p role="alert" class="answer" data-answer hidden />
      </div>
      <noscript>
        <p class="muted">
          Changing something needs JavaScript here. In the terminal it is{' '}
          <code>multiflexi-cli {command}</code>.
        </p>
      </noscript>
    </form>
  );
}

/** A value that the form sends as it is. @param type of the JSON value */
export function Given({
  name,
  value,
  type = 'text',
}: {
  readonly name: string;
  readonly value: string | number | boolean;
  readonly type?: 'text' | 'number' | 'flag' | 'list';
}): VNode {
  return <input type="hidden" name={name} value={String(value)} data-type={type} />;
}

/** What has to be confirmed, each by a tick of its own beside what it means. */
export function Confirmations({ of }: { readonly of: readonly Confirmation[] }): VNode | null {
  if (of.length === 0) return null;
  return (
    <fieldset class="confirmations">
      <legend>To be confirmed</legend>
      {of.map(({ kind, confirmed_by, message }) => (
        <label class="tick">
          <input type="checkbox" required data-confirmation={kind} value={confirmed_by} />
          <span>{message}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Somebody has to type what stands there: the hand is slower than the eye. */
export function TypedNumber({
  name,
  number,
  what,
}: {
  readonly name: string;
  readonly number: number;
  readonly what: string;
}): VNode {
  return (
    <label class="typed">
      <span>
        Type <b>{number}</b>, the number of {what}, to confirm
      </span>
      <input
        name={name}
        data-type="number"
        data-expected={String(number)}
        inputMode="numeric"
        autocomplete="off"
        required
      />
    </label>
  );
}
