/** Answers: documents as the terminal prints them, and failures in the terminal's form. */
import type { Context } from 'hono';
import { failureDocument, jsonText } from '../../documents/index.ts';
import type { Refusal } from '../refusals.ts';
import type { WorkFailure } from '../work/contract.ts';
import { statusOfCode } from './status-of-code.ts';

const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' };

export function refused(
  c: Context,
  refusal: Refusal,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return c.body(jsonText(failureDocument(refusal)), refusal.status, { ...JSON_TYPE, ...headers });
}

export function failed(c: Context, failure: WorkFailure): Response {
  const { needsConfirmation } = failure;
  const document = failureDocument(failure);
  const whole =
    needsConfirmation.length === 0 ? document : { ...document, needs_confirmation: needsConfirmation };
  return c.body(jsonText(whole), statusOfCode(failure.code), JSON_TYPE);
}

/** @param text JSON */
export function answered(
  c: Context,
  text: string,
  status: 200 | 201 | 202 = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return c.body(text, status, { ...JSON_TYPE, ...headers });
}
