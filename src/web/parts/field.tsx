/** Fields of forms, each with its label and, where it needs one, a hint. */
import { cloneElement, type VNode } from 'preact';
import { useId } from 'preact/hooks';

export function Field({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly children: VNode;
}): VNode {
  const described = useId();
  // A hint is not part of the name: it is read after it, and can be cut short.
  return (
    <div class="field">
      <label>
        <span>{label}</span>
        {hint ? cloneElement(children, { 'aria-describedby': described }) : children}
      </label>
      {hint && <small id={described}>{hint}</small>}
    </div>
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
