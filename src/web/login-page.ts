import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { LoginContext } from './contract.ts';

/** All that is shown to somebody who has not logged in. */
export function loginPage({ service, failure, href }: LoginContext): string {
  const body = h(
    'html',
    { lang: 'en' },
    h('head', null, [
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width' }),
      h('title', null, 'MultiFlexi'),
      h('link', { rel: 'stylesheet', href: href('login.css') }),
      h('script', { type: 'module', src: href('login.js') }),
    ]),
    h('body', null, [
      h('h1', null, 'MultiFlexi'),
      h('p', { role: 'alert' }, failure ?? ''),
      service
        ? h('form', { method: 'post', action: '/api/session' }, [
            h('label', null, ['Token ', h('input', { name: 'token', type: 'password', required: true })]),
            h('button', null, 'Log in'),
          ])
        : h('p', null, 'Open the address that multiflexi-cli console has printed.'),
    ]),
  );
  return `<!doctype html>${renderToString(body)}`;
}
