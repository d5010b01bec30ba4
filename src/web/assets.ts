/** Files for the browser, each under a path with a hash of its content. */
import { hash } from 'node:crypto';
import type { Asset } from './contract.ts';

const LOGIN_CSS = 'body{font-family:system-ui;margin:3rem auto;max-width:40rem;padding:0 1rem}';

/**
 * The token is in the fragment, which no browser sends and no log keeps; it is exchanged for a cookie, and gone from the
 * address before anything else happens.
 */
const LOGIN_JS = `const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) {
  history.replaceState(null, '', location.pathname + location.search);
  fetch('/api/session', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }),
  }).then(async (answer) => {
    if (answer.ok) location.reload();
    else document.querySelector('[role=alert]').textContent = (await answer.json()).error.message;
  });
}
`;

/** By the name that pages know them by. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  asset('login.css', 'text/css; charset=utf-8', LOGIN_CSS, true),
  asset('login.js', 'text/javascript; charset=utf-8', LOGIN_JS, true),
]);

function asset(name: string, type: string, text: string, beforeLogin: boolean): [string, Asset] {
  const [stem, extension] = [name.replace(/\.[^.]*$/, ''), name.replace(/^.*\./, '')];
  const body = new TextEncoder().encode(text);
  const path = `/assets/${stem}-${hash('sha256', body, 'hex').slice(0, 8)}.${extension}`;
  return [name, { path, type, body, beforeLogin }];
}
