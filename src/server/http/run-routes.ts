/** Runs: which there are, what each is at, as it happens, and stopping one. */
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { jsonText } from '../../documents/index.ts';
import type { Console } from '../console.ts';
import { NO_SUCH_RUN } from '../refusals.ts';
import type { Run } from '../runs/run.ts';
import { answered, refused } from './answers.ts';
import type { Env } from './env.ts';
import { isStillIn } from './session-routes.ts';

/** At most so often is told what a run is at, and at least so often that somebody is still here. In milliseconds. */
const TELL_MS = 250;
const BEAT_MS = 15_000;
/** How often it is looked whether whoever watches still may; the database is asked as rarely as for other requests. */
const LOOK_MS = 1_000;

export function runRoutes(console: Console): Hono<Env> {
  const { runs, options } = console;
  const app = new Hono<Env>();
  app.get('/', (c) => answered(c, jsonText({ runs: runs.all.map((run) => run.document()) })));
  app.get('/:id', (c) => {
    const run = runs.find(c.req.param('id'));
    return run ? answered(c, jsonText(run.document())) : refused(c, NO_SUCH_RUN);
  });
  app.get('/:id/events', (c) => {
    const run = runs.find(c.req.param('id'));
    return run ? events(c, run, console) : refused(c, NO_SUCH_RUN);
  });
  app.delete('/:id', (c) => {
    const run = runs.find(c.req.param('id'));
    if (!run) return refused(c, NO_SUCH_RUN);
    const { name: user } = c.get('person');
    options.log.info({ user, command: run.command, run: run.id }, `${user} stops ${run.command}.`);
    run.ending.abort();
    return answered(c, jsonText(run.document()), 202);
  });
  return app;
}

/**
 * The whole run each time, so that whoever comes later or again has missed nothing. It goes on for hours, so it ends for whoever
 * has logged out meanwhile, or whose token was taken back.
 */
function events(c: Context<Env>, run: Run, console: Console): Response {
  const answer = streamSSE(c, async (stream) => {
    let wake = () => {};
    let isOut = false;
    const off = run.onChange(() => wake());
    stream.onAbort(() => wake());
    const looking = setInterval(async () => {
      if (isOut || (await isStillIn(c, console).catch(() => true))) return;
      isOut = true;
      wake();
    }, LOOK_MS).unref();
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (isOut) return;
        const isOver = run.isOver;
        await stream.writeSSE({ event: 'run', data: JSON.stringify(run.document()) });
        if (isOver || stream.aborted) return;
        await Promise.race([changed, stream.sleep(BEAT_MS)]);
        await stream.sleep(TELL_MS);
      }
    } finally {
      clearInterval(looking);
      off();
    }
  });
  // A proxy must not wait until it is over.
  answer.headers.set('X-Accel-Buffering', 'no');
  return answer;
}
