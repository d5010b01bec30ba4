/**
 * From a driver's error to an error of the catalogue. Each engine's `diagnosis.ts` names the kind of failure; the texts
 * are in `failures.ts`.
 */

import { isMultiFlexiError, type MultiFlexiError } from '../errors.ts';
import type { NextStep } from '../next-step.ts';
import { codeOf } from '../system/index.ts';
import { type FailureCode, reportedFailure } from './failures.ts';
import type { Place } from './place.ts';

/** What a failure is, and what helps with just this one, where more can be said than for all of its kind. */
export interface Diagnosis {
  readonly code: FailureCode;
  readonly next?: string | NextStep | undefined;
}

/** The failure as an error of the catalogue; one that is of the catalogue already passes through. */
export function failure(diagnosis: FailureCode | Diagnosis, place: Place, cause: unknown): MultiFlexiError {
  if (isMultiFlexiError(cause)) return cause;
  const { code, next: better }: Diagnosis = typeof diagnosis === 'string' ? { code: diagnosis } : diagnosis;
  // The driver's own error is not kept as the cause: it holds the statement's parameters and, on some
  // drivers, the connection's options, and would carry them into a log.
  return reportedFailure(code, place, withoutSecret(detailOf(cause), place.secret), better);
}

/** For a connection that ended without a word of the driver. */
export function lostConnection(place: Place): MultiFlexiError {
  return failure('CONNECTION_LOST', place, new Error('the server closed the connection'));
}

const NETWORK_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'the network cannot be reached',
  ENOENT: 'there is no such socket or file',
  EACCES: 'access was denied',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  PROTOCOL_CONNECTION_LOST: 'the server closed the connection',
  ERR_SOCKET_BAD_PORT: 'the port is not one',
};

/** Failures of the network before a connection stands; the same codes afterwards mean that it was lost. */
export const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
  'ERR_SOCKET_BAD_PORT',
]);
export const LOST = new Set([
  'ECONNRESET',
  'EPIPE',
  'PROTOCOL_CONNECTION_LOST',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Whether a server of the right kind, or the network, has said why: nothing else need be asked. */
export function isServersRefusal(error: unknown): boolean {
  const code = codeOf(error);
  const isNumbered =
    typeof error === 'object' && error !== null && 'errno' in error && Number(error.errno) > 0;
  const isState = /^[0-9A-Z]{5}$/.test(code) && !LOST.has(code);
  return isMultiFlexiError(error) || isNumbered || isState || (UNREACHABLE.has(code) && code !== 'ETIMEDOUT');
}

function detailOf(error: unknown): string {
  const words = NETWORK_WORDS[codeOf(error)];
  if (words) return words;
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().replace(/\.$/, '') || 'no reason was given';
}

function withoutSecret(text: string, secret: string | undefined): string {
  // A short one is part of ordinary words: cutting it out would garble them, and give it away.
  return secret && secret.length >= 6 ? text.replaceAll(secret, '***') : text;
}
