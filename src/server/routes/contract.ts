/** What a route is: a command of the terminal over HTTP. Data alone, for the server, the documentation and the tests. */
import type { ZodObject } from 'zod';
import type * as documents from '../../documents/schemas.ts';
import type { Scope } from '../../web/index.ts';

export interface Route {
  /** Its name in the terminal, and in the path: `/api/db:status`. */
  readonly command: string;
  readonly method: 'GET' | 'POST';
  /**
   * `panel`: reads little, and is shared by all who look. `plan`: reads as much as it must. `change`: writes a row or two.
   * `run`: works for as long as it takes, one at a time; it goes on without whoever has started it.
   */
  readonly kind: 'panel' | 'plan' | 'change' | 'run';
  readonly scope: Scope;
  /** A sentence. */
  readonly summary: string;
  readonly input: ZodObject;
  /** The schema of what comes of it, by its name. */
  readonly document: keyof typeof documents;
  /** How long it may take, in milliseconds; runs have no end of ours. */
  readonly timeoutMs: number;
  /** How long an answer is good enough for others who ask the same, in milliseconds. */
  readonly freshMs: number;
  /** The settings may name another database when it has ended: nothing else is changed meanwhile. */
  readonly changesDatabase?: boolean;
  /** It reads all of the database: not while there is a run, when it would keep pages waiting. */
  readonly readsAll?: boolean;
}

export function routeName({ method, command }: Pick<Route, 'method' | 'command'>): string {
  return `${method} ${command}`;
}
