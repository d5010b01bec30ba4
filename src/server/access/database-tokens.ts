/** The doorkeeper of a service: who has a token that the database knows. */
import * as z from 'zod';
import { hashOfToken } from '../../tasks/index.ts';
import type { Person } from '../contract.ts';
import { ADMISSION } from '../work/contract.ts';
import type { Lane } from '../work/lane.ts';
import type { Admitted, Doorkeeper } from './doorkeeper.ts';

/** How long a token is taken for valid while the database does not answer: who has entered sees that it does not. */
const PATIENCE_MS = 10 * 60_000;
const TIMEOUT_MS = 5_000;
const MOST = 1_000;

const BEARER = z.nullable(z.object({ user: z.string(), scope: z.enum(['read', 'maintain']) }));

interface Known {
  readonly person: Person;
  readonly at: number;
}

export class DatabaseTokens implements Doorkeeper {
  readonly takesBearers = true;
  private readonly lane: Lane;
  private readonly trustMs: number;
  /** By the hashes of tokens. */
  private readonly known = new Map<string, Known>();
  private readonly asking = new Map<string, Promise<Person | undefined | null>>();

  /** @param trustMs how long nobody is asked again */
  constructor(lane: Lane, trustMs: number) {
    this.lane = lane;
    this.trustMs = trustMs;
  }

  async admit(token: string): Promise<Admitted | undefined | null> {
    const hashed = hashOfToken(token);
    const person = await this.personOf(hashed);
    return person && { person, token: hashed };
  }

  async isStillValid(hashed: string): Promise<boolean> {
    const person = await this.personOf(hashed);
    if (person !== null) return person !== undefined;
    const last = this.known.get(hashed);
    return last !== undefined && Date.now() - last.at < PATIENCE_MS;
  }

  /** Whoever comes with the same token at the same time is one question. */
  private personOf(hashed: string): Promise<Person | undefined | null> {
    const last = this.known.get(hashed);
    if (last && Date.now() - last.at < this.trustMs) return Promise.resolve(last.person);
    const under = this.asking.get(hashed) ?? this.ask(hashed).finally(() => this.asking.delete(hashed));
    this.asking.set(hashed, under);
    return under;
  }

  /** @returns undefined for one that is not valid, null where nobody can tell */
  private async ask(hashed: string): Promise<Person | undefined | null> {
    const order = { name: ADMISSION, input: { hash: hashed }, kept: null, by: 'console', recorded: false };
    const outcome = await this.lane.ask(order, TIMEOUT_MS);
    if (outcome.kind === 'failed') return null;
    const bearer = BEARER.parse(JSON.parse(outcome.answer.text));
    this.known.delete(hashed);
    if (bearer === null) return undefined;
    const person = { name: bearer.user, scope: bearer.scope };
    this.known.set(hashed, { person, at: Date.now() });
    const [oldest] = this.known.keys();
    if (this.known.size > MOST && oldest !== undefined) this.known.delete(oldest);
    return person;
  }
}
