/** Files for the browser, each under a path with a hash of its content. They are bundled into a folder beside the program. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Asset } from './contract.ts';

const FOLDER = new URL(import.meta.url.endsWith('.ts') ? '../../dist/assets/' : './assets/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** By the name that pages know them by. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  asset('login.css', true),
  asset('login.js', true),
  asset('icon.svg', true),
  asset('console.css', false),
  asset('console.js', false),
]);

function asset(name: string, beforeLogin: boolean): [string, Asset] {
  const [stem = '', extension = ''] = name.split('.');
  const body = new Uint8Array(readFileSync(new URL(name, FOLDER)));
  const path = `/assets/${stem}-${hash('sha256', body, 'hex').slice(0, 8)}.${extension}`;
  return [name, { path, type: TYPES[extension] ?? '', body, beforeLogin }];
}
