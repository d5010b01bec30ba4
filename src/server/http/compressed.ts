/**
 * HTML and JSON are packed for whoever takes that; events are not, as they must not wait in a buffer.
 *
 * What is packed betrays by its length what stands in it beside a text of the reader's choice (BREACH). That takes somebody who can make a
 * browser ask again and again with its session, and can see the lengths. So only requests of our own pages and of the address bar are
 * answered packed, and those of scripts with a token: no other site's page, not even a neighbour's under the same domain, gets one. And no
 * answer has a secret of the session: its cookie is in no page, and forms have no token.
 */
import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import type { Env } from './env.ts';

const pack = compress({ encoding: 'gzip', contentTypeFilter: /^(?:text\/html|application\/json)\b/ });

export const packed: MiddlewareHandler<Env> = async (c, next) => {
  const site = c.req.header('Sec-Fetch-Site');
  const isOurs = site === 'same-origin' || site === 'none';
  const isScript = c.req.header('Authorization') !== undefined && c.req.header('Cookie') === undefined;
  return isOurs || isScript ? pack(c, next) : next();
};
