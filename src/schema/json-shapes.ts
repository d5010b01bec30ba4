/** What the JSON files of this program have in common: numbers of things, instants, ids. */
import * as z from 'zod/mini';
import { INSTANT } from '../engines/index.ts';

/** How many: a whole number, 0 or more. */
export const COUNT = z.number().check(z.int(), z.minimum(0));

/** As the engines give them: UTC, with microseconds. */
export const INSTANT_TEXT = z.string().check(z.regex(INSTANT));

/** 64 bits do not fit into a number of JSON. */
export const ID_TEXT = z.string().check(z.regex(/^-?\d{1,19}$/));

export const ID = z.pipe(
  ID_TEXT,
  z.transform((text: string) => BigInt(text)),
);
