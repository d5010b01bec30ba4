/**
 * The seam between the server and its pages. A page says which documents it needs; the server asks for them, as anybody
 * would over HTTP, and the page makes HTML of them. Pages compute nothing and read nothing else.
 */

/** What came of one question. */
export type Panel =
  | {
      readonly kind: 'document';
      /** As `GET /api/…` answers it: parse it, or trust it as the type of its mapping in `documents/`. */
      readonly document: unknown;
      /** When it was taken, in milliseconds since the epoch. */
      readonly takenAt: number;
      /** The database did not answer in time or at all: this is what was seen last, and `failure` says why. */
      readonly stale: boolean;
      readonly failure: Failure | null;
      /** Of a plan that can be carried out as it is (`POST` with `plan`): its id. */
      readonly plan: string | null;
    }
  | { readonly kind: 'failure'; readonly failure: Failure };

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** `read` may look and plan; `maintain` may carry plans out. */
export type Scope = 'read' | 'maintain';

/** Who looks, at what. */
export interface PageContext {
  /** Path and query of the page, as in `/purge?jobs=true&older_than=90d`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly person: { readonly name: string; readonly scope: Scope };
  /** Whether there is somewhere to log out from: a console of one's own ends with its command. */
  readonly service: boolean;
  readonly version: string;
  /** Null while nothing is known of it, as it has not answered yet. */
  readonly database: { readonly product: string; readonly where: string } | null;
  /** By the names that the page gave them. */
  readonly panels: Readonly<Record<string, Panel>>;
  /** The run in progress, or the one that ended last; a `Run` of `server/` as `GET /api/runs/ID` answers it. */
  readonly run: unknown;
  /** The path of an asset by the name it was built from, as in `console.css`. */
  href(asset: string): string;
}

export interface Page {
  /** Which questions it needs answered: by a name of its own, the path of a `GET` route, as in `/api/status`. */
  needs(query: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** The whole document, from `<!doctype html>` on. No inline script and no inline style: the browser would ignore them. */
  render(context: PageContext): string;
}

/** Where somebody is who has not logged in. */
export interface LoginContext {
  readonly service: boolean;
  /** What went wrong with the last try; null for none. */
  readonly failure: string | null;
  href(asset: string): string;
}

/** A file for the browser, under a path that changes with its content. */
export interface Asset {
  /** As in `/assets/console-1a2b3c4d.css`. */
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Whether the login page needs it: all others are for those who have logged in. */
  readonly beforeLogin: boolean;
}
