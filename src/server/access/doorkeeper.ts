/** Who may enter: by a token that is good once, or by one of the database's. */
import type { Person } from '../contract.ts';

export interface Admitted {
  readonly person: Person;
  /** By which it is asked again whether it is still valid; null where it always is. */
  readonly token: string | null;
}

export interface Doorkeeper {
  /** @returns undefined for a token that is not valid; null where nobody can tell just now */
  admit(token: string): Promise<Admitted | undefined | null>;
  /** Whether who was admitted by this may still enter. @param token the hash */
  isStillValid(token: string): Promise<boolean>;
  /** Whether scripts may send a token with each request. */
  readonly takesBearers: boolean;
}
