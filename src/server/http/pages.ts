/** Pages: the server asks for the documents that a page needs, and the page makes HTML of them. */

import { gzipSync } from 'node:zlib';
import type { Context } from 'hono';
import { PROGRAM_VERSION } from '../../system/index.ts';
import { ASSETS, type Asset, loginPage, PAGES, type Panel } from '../../web/index.ts';
import type { Console } from '../console.ts';
import type { Person } from '../contract.ts';
import { read } from '../reading.ts';
import type { Refusal } from '../refusals.ts';
import { NOT_FOUND, READ_ONLY } from '../refusals.ts';
import { routeOf } from '../routes/table.ts';
import { refused } from './answers.ts';
import type { Env } from './env.ts';

const HTML = { 'Content-Type': 'text/html; charset=utf-8' };

export function loginAnswer(
  c: Context<Env>,
  { options }: Console,
  failure: string | null,
  status: Refusal['status'],
): Response {
  return c.body(loginPage({ service: options.access.kind === 'service', failure, href }), status, HTML);
}

export async function pageAnswer(c: Context<Env>, console: Console): Promise<Response> {
  const page = PAGES.get(c.req.path);
  if (!page) return refused(c, NOT_FOUND);
  const query = c.req.query();
  const needs = Object.entries(page.needs(query));
  const panels = await Promise.all(
    needs.map(async ([name, path]) => [name, await panelOf(path, console, c.get('person'))] as const),
  );
  const { pathname, search } = new URL(c.req.url);
  const html = page.render({
    path: `${pathname}${search}`,
    query,
    person: c.get('person'),
    service: console.options.access.kind === 'service',
    version: PROGRAM_VERSION,
    database: console.database,
    panels: Object.fromEntries(panels),
    run: (console.runs.current ?? console.runs.all[0])?.document() ?? null,
    href,
  });
  return c.body(html, 200, HTML);
}

/** @param path of a GET route, with its query */
async function panelOf(path: string, console: Console, person: Person): Promise<Panel> {
  const { pathname, searchParams } = new URL(path, 'http://console');
  const route = routeOf('GET', decodeURIComponent(pathname).replace(/^\/api\//, ''));
  if (!route) throw new Error(`a page needs ${path}, and there is no such route`);
  if (route.scope === 'maintain' && person.scope !== 'maintain')
    return { kind: 'failure', failure: READ_ONLY };
  const reading = await read(console, route, Object.fromEntries(searchParams), person.name);
  switch (reading.kind) {
    case 'refused':
      return { kind: 'failure', failure: reading.refusal };
    case 'failure':
      return { kind: 'failure', failure: reading.failure };
    case 'document':
      return {
        kind: 'document',
        document: JSON.parse(reading.text),
        takenAt: reading.takenAt,
        stale: reading.failure !== null,
        failure: reading.failure,
        plan: reading.plan,
      };
  }
}

function href(name: string): string {
  const asset = ASSETS.get(name);
  if (!asset) throw new Error(`there is no asset ${name}`);
  return asset.path;
}

let byPath: ReadonlyMap<string, Asset & { readonly gzip: Uint8Array<ArrayBuffer> }> | undefined;

/** @returns undefined where there is none, or not for somebody who has not logged in */
export function assetAnswer(c: Context<Env>, beforeLogin: boolean): Response | undefined {
  byPath ??= new Map(
    [...ASSETS.values()].map((asset) => [
      asset.path,
      { ...asset, gzip: new Uint8Array(gzipSync(asset.body)) },
    ]),
  );
  const asset = byPath.get(c.req.path);
  if (!asset || (beforeLogin && !asset.beforeLogin)) return undefined;
  // Its path changes with its content.
  const headers = { 'Content-Type': asset.type, 'Cache-Control': 'private, max-age=31536000, immutable' };
  const isSmall = /\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '');
  if (!isSmall) return c.body(asset.body, 200, headers);
  return c.body(asset.gzip, 200, { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
}
