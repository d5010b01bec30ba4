/** Logging in and out, and who somebody is. */
import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import * as z from 'zod';
import { jsonText } from '../../documents/index.ts';
import type { Console } from '../console.ts';
import type { Person } from '../contract.ts';
import {
  LOGIN_FAILED,
  NOBODY_CAN_TELL,
  NOT_LOGGED_IN,
  type Refusal,
  TOO_LARGE,
  TOO_MANY_LOGINS,
} from '../refusals.ts';
import { answered, refused } from './answers.ts';
import { textBody } from './body.ts';
import type { Env } from './env.ts';
import { loginAnswer } from './pages.ts';

/** No token is longer. */
const LONGEST = 1_024;
const LOGIN = z.object({ token: z.string().min(1).max(200) });

export function sessionRoutes(console: Console): Hono<Env> {
  const app = new Hono<Env>();
  app.post('/', (c) => logIn(c, console));
  app.get('/', async (c) => {
    const person = await sessionOf(c, console);
    return person
      ? answered(c, jsonText({ name: person.name, scope: person.scope }))
      : refused(c, NOT_LOGGED_IN);
  });
  app.delete('/', (c) => {
    const id = getCookie(c, console.cookie);
    if (id !== undefined) console.sessions.end(id);
    deleteCookie(c, console.cookie, cookieOptions(console));
    return answered(c, jsonText({ logged_out: true }));
  });
  return app;
}

async function logIn(c: Context<Env>, console: Console): Promise<Response> {
  const { sessions, failedLogins } = console;
  const isForm = /^application\/x-www-form-urlencoded(?:;|$)/i.test(c.req.header('Content-Type') ?? '');
  const refuse = (refusal: Refusal) =>
    isForm ? loginAnswer(c, console, refusal.message, refusal.status) : refused(c, refusal);
  if (failedLogins.isCrowded) return refuse(TOO_MANY_LOGINS);
  const text = await textBody(c, LONGEST);
  if (text === undefined) return refuse(TOO_LARGE);
  const token = tokenIn(text, isForm);
  const admitted = token === undefined ? undefined : await console.doorkeeper.admit(token);
  if (admitted === null) return refuse(NOBODY_CAN_TELL);
  if (admitted === undefined) {
    await noteFailure(c, console);
    return refuse(LOGIN_FAILED);
  }
  console.used();
  setCookie(c, console.cookie, sessions.begin(admitted.person, admitted.token), cookieOptions(console));
  console.options.log.info({ user: admitted.person.name }, `${admitted.person.name} has logged in.`);
  if (isForm) return c.redirect('/', 303);
  const { name, scope } = admitted.person;
  return answered(c, jsonText({ name, scope }), 201);
}

function tokenIn(text: string, isForm: boolean): string | undefined {
  try {
    const given: unknown = isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text);
    return LOGIN.parse(given).token.trim();
  } catch {
    return undefined;
  }
}

/** The token itself is in no log. */
async function noteFailure(c: Context<Env>, { failedLogins, options }: Console): Promise<void> {
  const failures = await failedLogins.rest();
  const from = c.env.incoming.socket.remoteAddress ?? 'a local socket';
  options.log.warn({ failures, from, path: c.req.path }, `A login has failed, number ${failures} in a row.`);
}

function cookieOptions({ hosts }: Console) {
  return { httpOnly: true, sameSite: 'Strict', path: '/', secure: hosts.isEncrypted } as const;
}

/** @returns undefined for somebody who is not logged in */
export async function sessionOf(c: Context<Env>, console: Console): Promise<Person | undefined> {
  const { doorkeeper, sessions } = console;
  const authorization = c.req.header('Authorization');
  if (authorization !== undefined) return bearerOf(c, console, authorization);
  const id = getCookie(c, console.cookie);
  const session = id === undefined ? undefined : sessions.find(id);
  if (!session || id === undefined) return undefined;
  if (session.token === null || (await doorkeeper.isStillValid(session.token))) return session.person;
  sessions.end(id);
  return undefined;
}

/** Whether somebody who was let in would be again; also where nobody can tell, as while the database restarts. */
export async function isStillIn(c: Context<Env>, console: Console): Promise<boolean> {
  const authorization = c.req.header('Authorization');
  if (authorization === undefined) return (await sessionOf(c, console)) !== undefined;
  const token = bearerIn(authorization);
  return token !== undefined && (await console.doorkeeper.admit(token)) !== undefined;
}

function bearerIn(authorization: string): string | undefined {
  return /^Bearer ([\w-]{1,200})$/.exec(authorization)?.[1];
}

async function bearerOf(
  c: Context<Env>,
  console: Console,
  authorization: string,
): Promise<Person | undefined> {
  const { doorkeeper, failedLogins } = console;
  const token = bearerIn(authorization);
  if (token === undefined || !doorkeeper.takesBearers || failedLogins.isCrowded) return undefined;
  const admitted = await doorkeeper.admit(token);
  if (admitted === undefined) await noteFailure(c, console);
  return admitted?.person;
}
