/** The server as a function from requests to answers: first who asks and whether he may, then what. */
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { Console } from '../console.ts';
import {
  BAD_REQUEST,
  FOREIGN_ORIGIN,
  NOT_FOUND,
  NOT_LOGGED_IN,
  READ_ONLY,
  TOKEN_IN_ADDRESS,
  WRONG_HOST,
} from '../refusals.ts';
import { refused } from './answers.ts';
import { apiRoutes } from './api.ts';
import { packed } from './compressed.ts';
import type { Env } from './env.ts';
import { assetAnswer, loginAnswer, pageAnswer } from './pages.ts';
import { hasSecretInAddress, isWellFormed } from './request-shape.ts';
import { runRoutes } from './run-routes.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { sessionOf, sessionRoutes } from './session-routes.ts';

const READS = ['GET', 'HEAD'];

export function consoleApp(console: Console): Hono<Env> {
  const app = new Hono<Env>();
  app.use(packed, withHeaders, wellFormed, rightHost(console));
  app.get('/healthz', (c) => c.text('ok\n'));
  app.use(sameOrigin(console));
  app.route('/api/session', sessionRoutes(console));
  app.get('/assets/:name', (c, next) => assetAnswer(c, true) ?? next());
  app.use(loggedIn(console));
  app.get('/assets/:name', (c) => assetAnswer(c, false) ?? refused(c, NOT_FOUND));
  app.use('/api/*', mayWrite);
  app.route('/api/runs', runRoutes(console));
  app.route('/api', apiRoutes(console));
  app.get('*', (c) => pageAnswer(c, console));
  app.notFound((c) => refused(c, NOT_FOUND));
  app.onError((error, c) => {
    console.options.log.error(
      { path: c.req.path, error: error.stack },
      `A request has failed: ${error.message}`,
    );
    return c.json(
      {
        error: { code: 'UNEXPECTED', message: 'The server has failed.', next: "The server's log says why." },
      },
      500,
    );
  });
  return app;
}

const withHeaders: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS))
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
};

const wellFormed: MiddlewareHandler<Env> = async (c, next) => {
  if (!isWellFormed(c.env.incoming)) return refused(c, BAD_REQUEST, { Connection: 'close' });
  if (hasSecretInAddress(new URL(c.req.url).searchParams)) return refused(c, TOKEN_IN_ADDRESS);
  return next();
};

function rightHost({ hosts }: Console): MiddlewareHandler<Env> {
  return async (c, next) => (hosts.takesHost(c.env.incoming.headers.host) ? next() : refused(c, WRONG_HOST));
}

/**
 * A browser says where a request comes from. Who writes must say so and be from here; a script, which has no cookie to be
 * misused, may say nothing.
 */
function sameOrigin({ hosts }: Console): MiddlewareHandler<Env> {
  return async (c, next) => {
    const origin = c.req.header('Origin');
    const site = c.req.header('Sec-Fetch-Site');
    const isWrite = !READS.includes(c.req.method);
    if (origin !== undefined && (isWrite || origin !== 'null') && !hosts.takesOrigin(origin))
      return refused(c, FOREIGN_ORIGIN);
    if (isWrite && site !== undefined && site !== 'same-origin') return refused(c, FOREIGN_ORIGIN);
    const isSilent = origin === undefined && site === undefined;
    const isScript = c.req.header('Authorization') !== undefined && c.req.header('Cookie') === undefined;
    if (isWrite && isSilent && !isScript) return refused(c, FOREIGN_ORIGIN);
    return next();
  };
}

function loggedIn(console: Console): MiddlewareHandler<Env> {
  return async (c, next) => {
    const person = await sessionOf(c, console);
    if (person) {
      c.set('person', person);
      console.used();
      return next();
    }
    const isPage = READS.includes(c.req.method) && !/^\/(?:api|assets)(?:\/|$)/.test(c.req.path);
    return isPage ? loginAnswer(c, console, null, 401) : refused(c, NOT_LOGGED_IN);
  };
}

const mayWrite: MiddlewareHandler<Env> = async (c: Context<Env>, next) =>
  READS.includes(c.req.method) || c.get('person').scope === 'maintain' ? next() : refused(c, READ_ONLY);
