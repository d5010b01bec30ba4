/** Sessions of people: known by a cookie, kept in memory, and gone with the process. */
import { hash, randomBytes } from 'node:crypto';
import type { Person } from '../contract.ts';

/** Without a request for so long, and at all. In milliseconds. */
const IDLE_MS = 12 * 3_600_000;
const LONGEST_MS = 24 * 3_600_000;
const MOST = 500;

interface Session {
  readonly person: Person;
  /** The hash of the token it was exchanged for; null where there is none that could be revoked. */
  readonly token: string | null;
  readonly begunAt: number;
  usedAt: number;
}

export class Sessions {
  /** By the hash of what is in the cookie: who sees this memory has no session by that. */
  private readonly sessions = new Map<string, Session>();

  /** @returns what goes into the cookie */
  begin(person: Person, token: string | null): string {
    const id = randomBytes(32).toString('base64url');
    this.sessions.set(keyOf(id), { person, token, begunAt: Date.now(), usedAt: Date.now() });
    const [oldest] = this.sessions.keys();
    if (this.sessions.size > MOST && oldest !== undefined) this.sessions.delete(oldest);
    return id;
  }

  find(id: string): Pick<Session, 'person' | 'token'> | undefined {
    const session = this.sessions.get(keyOf(id));
    const now = Date.now();
    if (!session) return undefined;
    if (now - session.usedAt > IDLE_MS || now - session.begunAt > LONGEST_MS) {
      this.end(id);
      return undefined;
    }
    session.usedAt = now;
    return session;
  }

  end(id: string): void {
    this.sessions.delete(keyOf(id));
  }
}

function keyOf(id: string): string {
  return hash('sha256', id, 'hex');
}
