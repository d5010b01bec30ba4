/** What every page is in: which database, who looks, where else to go, and what is being done. */
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { PageContext } from '../contract.ts';
import { PLACES } from '../places.ts';
import { RunStrip } from './run-strip.tsx';

export interface Frame {
  readonly title: string;
  /** A sentence below the title. */
  readonly lead?: string;
  /** Loaded again by itself every so many seconds, as long as somebody looks and types nothing. */
  readonly refreshSeconds?: number;
}

export function document(context: PageContext, frame: Frame, body: ComponentChildren): string {
  return `<!doctype html>${renderToString(
    <Html context={context} frame={frame}>
      {body}
    </Html>,
  )}`;
}

function Html({
  context,
  frame: { title, lead, refreshSeconds },
  children,
}: {
  readonly context: PageContext;
  readonly frame: Frame;
  readonly children: ComponentChildren;
}): VNode {
  const { href, person, database } = context;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · ${database?.where ?? 'MultiFlexi'}`}</title>
        <link rel="stylesheet" href={href('console.css')} />
        <link rel="icon" type="image/svg+xml" href={href('icon.svg')} />
        <script type="module" src={href('console.js')} />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the page
        </a>
        <Head context={context} />
        <p class="offline" role="alert" hidden>
          The console does not answer. What you see may be out of date; it is loaded again when the console is
          back.
        </p>
        {person.scope === 'read' && (
          <p class="readonly" role="note">
            Your account may look and plan. It cannot change anything.
          </p>
        )}
        <RunStrip context={context} />
        <main id="main" tabIndex={-1} data-refresh={refreshSeconds}>
          <h1>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
          {children}
        </main>
        <footer>MultiFlexi database {context.version}</footer>
      </body>
    </html>
  );
}

/** A page that needs nothing of the database asks it nothing. */
function isAsked({ panels }: PageContext): boolean {
  return Object.keys(panels).length > 0;
}

function Head({ context }: { readonly context: PageContext }): VNode {
  const { path, database, person, service } = context;
  const here = path.replace(/\?.*$/, '');
  return (
    <header>
      <div class="who">
        <strong class="brand">MultiFlexi</strong>
        <span class="database">
          {database ? (
            <>
              <b>{database.product}</b> <span class="where">{database.where}</span>
            </>
          ) : (
            <span class="muted">
              {isAsked(context) ? 'The database does not answer.' : 'The database has not been asked yet.'}
            </span>
          )}
        </span>
        <span class="person">
          <span class="unseen">You are </span>
          {person.name}
          {service && (
            <button type="button" class="quiet" data-log-out>
              Log out
            </button>
          )}
        </span>
      </div>
      <nav aria-label="Pages">
        <ul>
          {PLACES.map(({ path: there, name }) => (
            <li>
              <a href={there} aria-current={there === here ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}
