/** How far a run is; the browser's script keeps it up to date by its `data-` names. Who hears the page is told every tenth, and the end. */
import type { VNode } from 'preact';
import { bytes, rows } from '../../written-numbers.ts';
import type { Run } from '../run.ts';

export function Progress({ run: { progress } }: { readonly run: Run }): VNode {
  const isKnown = progress !== null && progress.expected > 0;
  return (
    <>
      <span class="progress">
        <progress
          data-run-bar
          aria-label="Progress"
          max={100}
          value={isKnown ? Math.floor((progress.done / progress.expected) * 100) : undefined}
        />
        <span data-run-text>{progress ? progressText(progress) : 'Begins …'}</span>
      </span>
      <span class="unseen" role="status" data-run-said />
    </>
  );
}

function progressText({ activity, done, expected, unit }: NonNullable<Run['progress']>): string {
  if (unit === 'percent') return `${activity}: ${Math.floor(done)} %`;
  const written = unit === 'bytes' ? bytes : rows;
  return `${activity}: ${written(done)} of about ${written(expected)}${unit === 'bytes' ? '' : ` ${unit}`}`;
}
