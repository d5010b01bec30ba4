/** Commands over HTTP: GET reads and plans, POST carries out. */
import { type Context, Hono } from 'hono';
import { jsonText } from '../../documents/index.ts';
import type { Console } from '../console.ts';
import type { KeptPlan } from '../plans.ts';
import { faultsIn, goingOn, read } from '../reading.ts';
import { CHANGE_IS_GOING, NOT_FOUND, PLAN_GONE, READ_ONLY, rowsNotTyped, WRONG_METHOD } from '../refusals.ts';
import type { Route } from '../routes/contract.ts';
import { routeName } from '../routes/contract.ts';
import { routeOf } from '../routes/table.ts';
import { answered, failed, refused } from './answers.ts';
import { jsonBody } from './body.ts';
import type { Env } from './env.ts';

export function apiRoutes(console: Console): Hono<Env> {
  const app = new Hono<Env>();
  // It brings along the schemas of all documents.
  app.get('/openapi.json', async (c) => {
    const { openApiDocument } = await import('../openapi.ts');
    return answered(c, jsonText(openApiDocument()));
  });
  app.get('/:command', async (c) => {
    const route = routeOf('GET', c.req.param('command'));
    if (!route) return notThere(c, 'POST');
    if (route.scope === 'maintain' && c.get('person').scope !== 'maintain') return refused(c, READ_ONLY);
    return readAnswer(c, console, route);
  });
  app.post('/:command', async (c) => {
    const route = routeOf('POST', c.req.param('command'));
    if (!route) return notThere(c, 'GET');
    const body = await jsonBody(c, console.limits.bodyBytes);
    if ('refusal' in body) return refused(c, body.refusal);
    const refusal = faultsIn(route, body.value);
    if (refusal) return refused(c, refusal);
    return route.kind === 'run'
      ? runAnswer(c, console, route, body.value)
      : changeAnswer(c, console, route, body.value);
  });
  app.all('/:command', (c) => notThere(c, 'GET'));
  return app;
}

function notThere(c: Context<Env>, other: string): Response {
  const command = c.req.param('command') ?? '';
  const there = ['GET', 'POST'].filter((method) => routeOf(method, command));
  if (there.length === 0) return refused(c, NOT_FOUND);
  return refused(c, WRONG_METHOD, { Allow: there.join(', ') || other });
}

async function readAnswer(c: Context<Env>, console: Console, route: Route): Promise<Response> {
  const reading = await read(console, route, c.req.query(), c.get('person').name);
  if (reading.kind === 'refused') return refused(c, reading.refusal);
  if (reading.kind === 'failure') return failed(c, reading.failure);
  const { text, takenAt, failure, plan } = reading;
  return answered(c, text, 200, {
    'X-MultiFlexi-Taken': new Date(takenAt).toISOString(),
    ...(failure && { 'X-MultiFlexi-Stale': failure.code }),
    ...(plan !== null && { 'X-MultiFlexi-Plan': plan }),
  });
}

/** A row or two: whoever waits for it is told what came of it. */
async function changeAnswer(
  c: Context<Env>,
  console: Console,
  route: Route,
  input: Readonly<Record<string, unknown>>,
): Promise<Response> {
  const { name: by } = c.get('person');
  const { current } = console.runs;
  // It would be a change of the database that is being left.
  if (current?.changesDatabase) return refused(c, goingOn(current));
  const order = { name: routeName(route), input, kept: null, by, recorded: true };
  console.changing++;
  const outcome = await console.panels.ask(order, route.timeoutMs).finally(() => console.changing--);
  console.snapshots.forget();
  console.options.log.info(
    { user: by, command: route.command, outcome: outcome.kind },
    `${by}: ${route.command}`,
  );
  return outcome.kind === 'done' ? answered(c, outcome.answer.text) : failed(c, outcome.failure);
}

/** What was asked for the plan, where that is all there is of it, with what was confirmed since. */
function carriedOut(kept: KeptPlan, input: Readonly<Record<string, unknown>>) {
  if (kept.planned !== null) return input;
  const { plan: _, rows: _rows, ...more } = input;
  return { ...kept.input, ...more, dry_run: false };
}

/** It goes on without whoever has started it, and is found again under its id. */
function runAnswer(
  c: Context<Env>,
  console: Console,
  route: Route,
  input: Readonly<Record<string, unknown>>,
): Response {
  const { runs, plans, options } = console;
  const { name: by } = c.get('person');
  const { current } = runs;
  if (current) return refused(c, goingOn(current));
  if (route.changesDatabase && console.changing > 0) return refused(c, CHANGE_IS_GOING);
  const id = typeof input.plan === 'string' ? input.plan : undefined;
  const kept = id === undefined ? undefined : plans.find(route.command, id);
  if (id !== undefined) {
    if (!kept) return refused(c, PLAN_GONE);
    if (input.rows !== kept.rows) return refused(c, rowsNotTyped(kept.rows));
    plans.drop(id);
  }
  const run = runs.start(route, by, kept ? carriedOut(kept, input) : input, kept?.planned ?? null);
  options.log.info({ user: by, command: route.command, run: run.id }, `${by}: ${route.command}`);
  return answered(c, jsonText(run.document()), 202, { Location: `/api/runs/${run.id}` });
}
