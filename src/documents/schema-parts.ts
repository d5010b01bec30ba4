/** What the schemas of the documents are made of. Only tests and the documentation's generator load schemas. */
import * as z from 'zod';
import type { Json } from './json.ts';

/** A mapping's result must be what its schema takes: `satisfied<typeof mapping, typeof SCHEMA>()` does not compile otherwise. */
export function satisfied<Mapping extends (...given: never[]) => unknown, Schema extends z.ZodType>(
  ..._mismatch: Json<ReturnType<Mapping>> extends z.input<Schema> ? [] : [mismatch: z.input<Schema>]
): void {}

/** Bigger ones than a number can hold are text. */
export const id = z.union([z.int(), z.string().regex(/^-?\d{16,19}$/)]);
export const count = z.int().nonnegative();
export const bytes = z.int().nonnegative();
export const milliseconds = z.int().nonnegative();
/** As databases keep them: UTC. */
export const instant = z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/);
export const version = z.string().regex(/^\d{14}$/);

export const TABLE_ROWS = z.strictObject({ table_name: z.string(), rows: count });

export const CONFIRMATIONS = z
  .array(
    z.strictObject({
      kind: z.enum(['oversized', 'dependents', 'losses', 'origin', 'removal', 'rebuild', 'written-since']),
      confirmed_by: z.string().describe('the number or token that stands for exactly this'),
      message: z.string(),
    }),
  )
  .describe('what must be confirmed before the plan is carried out');

export const SOURCE = z
  .strictObject({
    product: z.string().describe('the database product, with its version'),
    where: z.string().describe('its address'),
    installation: z.string().nullable().describe('id of the installation; null in files of old versions'),
    server: z.string().nullable().describe('which of the databases with that id; null where it is not known'),
  })
  .describe('the database that the rows are from');

export const ERROR = z.strictObject({
  code: z.string().describe('stable, for scripts'),
  message: z.string().describe('what happened'),
  next: z.string().describe('what can be done next'),
});
