/** Fields of forms, each with its label and, where it needs one, a hint. */
import type { ComponentChildren, VNode } from 'preact';

export function Field({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {hint && <small>{hint}</small>}
    </label>
  );
}

export function Tick({
  name,
  label,
  checked = false,
}: {
  readonly name: string;
  readonly label: string;
  readonly checked?: boolean;
}): VNode {
  return (
    <label class="tick">
      <input type="checkbox" name={name} value="true" checked={checked} data-type="flag" />
      <span>{label}</span>
    </label>
  );
}
