/** All that is shown to somebody who has not logged in. */
import { renderToString } from 'preact-render-to-string';
import type { LoginContext } from './contract.ts';

export function loginPage({ service, failure, href }: LoginContext): string {
  return `<!doctype html>${renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Log in · MultiFlexi</title>
        <link rel="stylesheet" href={href('login.css')} />
        <link rel="icon" type="image/svg+xml" href={href('icon.svg')} />
        <script type="module" src={href('login.js')} />
      </head>
      <body>
        <main>
          <h1>MultiFlexi</h1>
          <p role="alert">{failure}</p>
          {service ? (
            <form method="post" action="/api/session">
              <label>
                Token
                <input name="token" type="password" required autocomplete="current-password" />
              </label>
              <button type="submit">Log in</button>
              <p class="hint">
                <code>multiflexi-cli token:create</code> makes one.
              </p>
            </form>
          ) : (
            <p>
              Open the address that <code>multiflexi-cli console</code> has printed. It can be used once;
              start the command again for another one.
            </p>
          )}
        </main>
      </body>
    </html>,
  )}`;
}
