/** Asks the console. A failure is its own words; where it does not answer at all, the page says so. */

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export type Answer =
  | { readonly ok: true; readonly status: number; readonly document: unknown }
  | { readonly ok: false; readonly failure: Failure };

/** Told when the console has not answered, and when it does again. */
export const reachable = new EventTarget();

const GONE: Failure = {
  code: 'OFFLINE',
  message: 'The console does not answer.',
  next: 'Nothing was sent twice. See whether it is still running, and try again.',
};

export async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    reachable.dispatchEvent(new Event('lost'));
    return { ok: false, failure: GONE };
  }
  // Logged out meanwhile: the page knows how to log in.
  if (response.status === 401) location.reload();
  const document: unknown = await response.json().catch(() => null);
  if (response.ok) return { ok: true, status: response.status, document };
  return { ok: false, failure: (document as { error?: Failure } | null)?.error ?? GONE };
}
