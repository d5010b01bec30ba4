/** What came of a question: its document, or why there is none; old news is said to be old. */
import type { ComponentChildren, VNode } from 'preact';
import { utcText } from '../../written-numbers.ts';
import type { Failure, Panel } from '../contract.ts';

/** Exactly one of a document, a failure, or nothing asked. */
export function Answered<Document>({
  panel,
  children,
}: {
  readonly panel: Panel | undefined;
  readonly children: (document: Document, plan: string | null) => ComponentChildren;
}): VNode | null {
  if (!panel) return null;
  if (panel.kind === 'failure') return <FailureNote failure={panel.failure} />;
  return (
    <>
      {panel.stale && (
        <div class="stale" role="status">
          <p>
            <b>This is how it was at {utcText(new Date(panel.takenAt).toISOString())}.</b>{' '}
            {panel.failure?.message}
          </p>
          {panel.failure && <p class="next">{panel.failure.next}</p>}
        </div>
      )}
      {children(panel.document as Document, panel.plan)}
    </>
  );
}

export function FailureNote({ failure: { code, message, next } }: { readonly failure: Failure }): VNode {
  return (
    <div class="failure" role="alert">
      <p>
        <b>{message}</b>
      </p>
      <p class="next">{next}</p>
      <p class="muted">
        <code>{code}</code>
      </p>
    </div>
  );
}

/** Where there is nothing to show, and that is how it is. */
export function Nothing({ children }: { readonly children: ComponentChildren }): VNode {
  return <p class="nothing">{children}</p>;
}
