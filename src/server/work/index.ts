/** What each route does, by its name. */
import { ARCHIVES } from './archives.ts';
import type { Work } from './contract.ts';
import { HEALTH } from './health.ts';
import { PURGES } from './purges.ts';
import { RETENTION } from './retention.ts';
import { ROUTINE } from './routine.ts';
import { SCHEMA } from './schema.ts';
import { TOKENS } from './tokens.ts';
import { UPKEEP } from './upkeep.ts';

export const WORKS: Readonly<Record<string, Work>> = {
  ...HEALTH,
  ...SCHEMA,
  ...UPKEEP,
  ...PURGES,
  ...RETENTION,
  ...ARCHIVES,
  ...ROUTINE,
  ...TOKENS,
};
