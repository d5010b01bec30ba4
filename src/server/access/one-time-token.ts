/** The token of a console of one's own: printed with its address, and good for one login. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Person } from '../contract.ts';
import type { Admitted, Doorkeeper } from './doorkeeper.ts';

export class OneTimeToken implements Doorkeeper {
  readonly token = randomBytes(32).toString('base64url');
  readonly takesBearers = false;
  private readonly person: Person;
  private isUsed = false;

  constructor(person: Person) {
    this.person = person;
  }

  async admit(token: string): Promise<Admitted | undefined> {
    const [given, mine] = [Buffer.from(token), Buffer.from(this.token)];
    if (this.isUsed || given.length !== mine.length || !timingSafeEqual(given, mine)) return undefined;
    this.isUsed = true;
    return { person: this.person, token: null };
  }

  async isStillValid(): Promise<boolean> {
    return true;
  }
}
