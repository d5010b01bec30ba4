/** Somebody in front of a console, wherever that runs. */

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Looked;
}

interface Run {
  readonly id: string;
  readonly state: string;
  readonly note: string;
  readonly outcome: string;
}

interface Confirmable {
  readonly kind: string;
  readonly confirmed_by: string;
}

/**
 * What tests look at in an answer, whichever document it is: it is there where they expect it, or they fail. All else is parsed by the
 * document's schema.
 */
export interface Looked extends Run {
  readonly error: { readonly code: string };
  readonly tables: readonly { readonly table_name: string; readonly rows: number }[];
  readonly runs: readonly Run[];
  readonly archives: readonly unknown[];
  readonly findings: readonly unknown[];
  readonly needs_confirmation: readonly Confirmable[];
  readonly product: string;
  readonly pending_count: number;
  readonly result: unknown;
}

/** Somebody with a session, as a browser has one. */
export class Visitor {
  private readonly origin: string;
  readonly cookie: string;

  constructor(origin: string, cookie: string) {
    this.origin = origin;
    this.cookie = cookie;
  }

  static async loggedIn({
    origin,
    token,
  }: {
    readonly origin: string;
    readonly token: string;
  }): Promise<Visitor> {
    const answer = await fetch(`${origin}/api/session`, {
      method: 'POST',
      headers: { Origin: origin, 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (answer.status !== 201) throw new Error(`the login was answered by ${answer.status}`);
    const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
    return new Visitor(origin, cookie);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.fetch(path, { headers: { Cookie: this.cookie, ...headers } });
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.fetch(path, {
      method: 'POST',
      headers: {
        Cookie: this.cookie,
        Origin: this.origin,
        'Sec-Fetch-Site': 'same-origin',
        'Content-Type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }

  /** What an answer has, as it comes. */
  async *stream(path: string): AsyncGenerator<string> {
    const answer = await fetch(`${this.origin}${path}`, { headers: { Cookie: this.cookie } });
    const decoder = new TextDecoder();
    for await (const part of answer.body ?? []) yield decoder.decode(part, { stream: true });
  }

  delete(path: string): Promise<Answer> {
    return this.fetch(path, { method: 'DELETE', headers: { Cookie: this.cookie, Origin: this.origin } });
  }

  /** Asks again until the run is over. */
  async ended(id: string): Promise<Answer> {
    for (;;) {
      const answer = await this.get(`/api/runs/${id}`);
      if (answer.status !== 200 || answer.json.state !== 'running') return answer;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  private async fetch(path: string, init: RequestInit): Promise<Answer> {
    const answer = await fetch(`${this.origin}${path}`, { redirect: 'manual', ...init });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json');
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }
}
