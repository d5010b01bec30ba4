/** What each request carries with it. */
import type { HttpBindings } from '@hono/node-server';
import type { Person } from '../contract.ts';

export interface Env {
  Bindings: HttpBindings;
  /** Who asks, once that is known. */
  Variables: { person: Person };
}
