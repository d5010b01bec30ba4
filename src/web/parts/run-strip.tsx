/** What is being done, on every page: one thing at a time, whoever has started it. */
import type { VNode } from 'preact';
import type { PageContext } from '../contract.ts';
import { runOf } from '../run.ts';
import { Progress } from './progress.tsx';

export function RunStrip({ context }: { readonly context: PageContext }): VNode | null {
  const run = runOf(context);
  if (run?.state !== 'running' || context.path.startsWith('/run')) return null;
  return (
    <aside class="run-strip" data-run={run.id}>
      <a href="/run">
        {run.command} by {run.by}
      </a>
      <Progress run={run} />
    </aside>
  );
}
