/** The body of a request, as far as it is not too large. */
import type { Context } from 'hono';
import { NOT_JSON, type Refusal, TOO_LARGE } from '../refusals.ts';

export type Body = { readonly value: Readonly<Record<string, unknown>> } | { readonly refusal: Refusal };

/** @param most in bytes */
export async function jsonBody(c: Context, most: number): Promise<Body> {
  const type = c.req.header('Content-Type') ?? '';
  if (!/^application\/json(?:;|$)/i.test(type)) return { refusal: NOT_JSON };
  const text = await textBody(c, most);
  if (text === undefined) return { refusal: TOO_LARGE };
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { value: value as Readonly<Record<string, unknown>> };
  } catch {}
  return { refusal: NOT_JSON };
}

/** @returns undefined where it is larger: then no more of it is read */
export async function textBody(c: Context, most: number): Promise<string | undefined> {
  if (Number(c.req.header('Content-Length') ?? 0) > most) return undefined;
  const stream = c.req.raw.body;
  if (!stream) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
