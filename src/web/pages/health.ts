/** Whether the database is well: a sentence for each thing to look after. */
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Page } from '../contract.ts';

export const health: Page = {
  needs: () => ({ status: '/api/status' }),
  render: ({ panels, person }) => {
    const text = JSON.stringify(panels.status, null, 2);
    return `<!doctype html>${renderToString(
      h('html', { lang: 'en' }, [
        h('head', null, [h('meta', { charset: 'utf-8' }), h('title', null, 'Health')]),
        h('body', null, [h('h1', null, 'Health'), h('p', null, person.name), h('pre', null, text)]),
      ]),
    )}`;
  },
};
