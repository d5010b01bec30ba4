/**
 * Encryption of a row stream by a passphrase: AES-256-GCM, with keys from scrypt. What the file says of itself (its
 * tables, when, from where, how many rows) stays readable; rows do not, and their digests are keyed, so that nobody
 * can try out what a row might be.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import { passphraseWrong } from './failures.ts';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** 32 MiB and some tenths of a second for each guess; source: OWASP's password storage cheat sheet, scrypt. */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
const MEMORY = 64 * 1024 * 1024;
const IV_BYTES = 12;
const TAG_BYTES = 16;

const hex = (bytes: number) => z.string().check(z.regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`)));

/** What a file's header says of its encryption. Other costs are of other versions of the program. */
export const ENCRYPTION = z.object({
  cipher: z.literal('aes-256-gcm'),
  kdf: z.literal('scrypt'),
  cost: z.object({ N: z.literal(COST.N), r: z.literal(COST.r), p: z.literal(COST.p) }),
  salt: hex(16),
  /** Of this file alone: files of one run share their key, and their chunks must not change places. */
  file: hex(16),
  /** Tells a wrong passphrase from a damaged file. */
  check: hex(32),
});

export type Encryption = z.output<typeof ENCRYPTION>;

/** The keys of files that were written with one salt. */
export class StreamKey {
  private readonly salt: string;
  private readonly check: string;
  /** Goes before a row's bytes when their digest is taken. */
  readonly digest: Buffer;
  private readonly cipher: Buffer;
  private readonly seals: Buffer;

  constructor(salt: Buffer, secret: Buffer) {
    this.cipher = secret.subarray(0, 32);
    this.seals = secret.subarray(32, 64);
    this.digest = secret.subarray(64, 96);
    this.salt = salt.toString('hex');
    this.check = this.seal('check');
  }

  /** What the header of a new file says. */
  forNewFile(): Encryption {
    const { salt, check } = this;
    return {
      cipher: 'aes-256-gcm',
      kdf: 'scrypt',
      cost: COST,
      salt,
      file: randomBytes(16).toString('hex'),
      check,
    };
  }

  /** Whether the file was written with it. */
  isOf({ check }: Encryption): boolean {
    return timingSafeEqual(Buffer.from(this.check), Buffer.from(check));
  }

  /** @param context what must be the same when it is decrypted, so that no part can take the place of another */
  encrypt(plain: Buffer, context: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.cipher, iv).setAAD(Buffer.from(context));
    return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws an Error unless it is what was encrypted, in the same context */
  decrypt(sealed: Buffer, context: string): Buffer {
    if (sealed.length < IV_BYTES + TAG_BYTES) throw new Error('an encrypted chunk is too short');
    const cipher = createDecipheriv('aes-256-gcm', this.cipher, sealed.subarray(0, IV_BYTES));
    cipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([cipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), cipher.final()]);
  }

  /** What only who has the key can say of a text. */
  seal(text: string): string {
    return createHmac('sha256', this.seals).update(text).digest('hex');
  }
}

/** A passphrase, with the keys that were made of it: each salt costs its time once. */
export class Passphrase {
  private readonly text: string;
  private readonly keys = new Map<string, Promise<StreamKey>>();

  constructor(text: string) {
    this.text = text.normalize('NFC');
  }

  /** A key for new files. */
  fresh(): Promise<StreamKey> {
    return this.keyOf(randomBytes(16).toString('hex'));
  }

  /** @throws PASSPHRASE_WRONG */
  async unlock(encryption: Encryption, file: string): Promise<StreamKey> {
    const key = await this.keyOf(encryption.salt);
    if (key.isOf(encryption)) return key;
    throw passphraseWrong(file);
  }

  private keyOf(salt: string): Promise<StreamKey> {
    const bytes = Buffer.from(salt, 'hex');
    const key =
      this.keys.get(salt) ??
      derive(this.text, bytes, 96, { ...COST, maxmem: MEMORY }).then(
        (secret) => new StreamKey(bytes, secret),
      );
    this.keys.set(salt, key);
    return key;
  }
}
