/** Requests that two readers could understand in two ways are refused before anything looks at them. */
import type { IncomingMessage } from 'node:http';

/** Of these, a second one is an attempt to have a proxy and this server see different requests. */
const ONCE = [
  'host',
  'origin',
  'authorization',
  'cookie',
  'content-length',
  'content-type',
  'transfer-encoding',
  'sec-fetch-site',
];

export function isWellFormed({ url, rawHeaders, method, headers }: IncomingMessage): boolean {
  // Not `http://elsewhere/`, nor `//elsewhere/`.
  if (!url?.startsWith('/') || url.startsWith('//') || /[\\\0#]/.test(url)) return false;
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (ONCE.some((name) => names.indexOf(name) !== names.lastIndexOf(name))) return false;
  if (headers['content-length'] !== undefined && headers['transfer-encoding'] !== undefined) return false;
  // A body where there is none to be: whoever passes the request on may take it for another request.
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return !(hasBody && (method === 'GET' || method === 'HEAD'));
}

/** Names under which somebody might send a secret in an address. */
const SECRETS = ['token', 'access_token', 'auth', 'session', 'password'];

export function hasSecretInAddress(query: URLSearchParams): boolean {
  return SECRETS.some((name) => query.has(name));
}
