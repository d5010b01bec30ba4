/** Which database this is, and how to take its data to another one: that stops the platform, so it is done in the terminal. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { SIZE } from '../../documents/schemas.ts';
import type { Page, PageContext } from '../contract.ts';
import { Size } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Answered } from '../parts/panel.tsx';

type SizeDocument = output<typeof SIZE>;

export const backend: Page = {
  needs: () => ({ size: '/api/db:size' }),
  render: (context) =>
    document(
      context,
      { title: 'Backend' },
      <>
        <Answered<SizeDocument> panel={context.panels.size}>
          {(size) => <Here context={context} size={size} />}
        </Answered>
        <Steps />
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

/** The terminal's own commands, in the order in which they are needed. */
const STEPS = [
  ['multiflexi-cli export > backup.json', 'Take the data out, as one consistent document.'],
  [
    'multiflexi-cli db:switch --to URL --dry-run',
    'The preflight: everything that stands in the way, by name. Nothing is changed.',
  ],
  [
    'multiflexi-cli db:switch --to URL',
    'Copy while the platform runs, keep its writes out for the rest, compare every row, then replace the settings. A receipt says what was moved.',
  ],
  ['multiflexi-cli db:switch --back', 'The way back, with what was written since.'],
] as const;

function Steps(): VNode {
  return (
    <>
      <h2>To another database, and back</h2>
      <p>
        The console works on the database that the switch would move away from under it. So the change itself
        is made in the terminal, where it can replace the settings:
      </p>
      <ol class="statements">
        {STEPS.map(([command, what]) => (
          <li>
            <pre>{command}</pre>
            <p>{what}</p>
          </li>
        ))}
      </ol>
    </>
  );
}
