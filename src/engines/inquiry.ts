/** What answers at an address where the server that was expected does not. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerSettings } from './connection-settings.ts';
import { failure, isServersRefusal } from './failure.ts';
import type { Place } from './place.ts';

type Kind = 'a MySQL or MariaDB server' | 'a PostgreSQL server' | 'an HTTP server' | 'an SSH server';

/** A server that has not said a word for so long may wait for one that ours does not say. */
const SILENCE_MS = 1_000;
/** How long each answer is waited for. */
const ANSWER_MS = 500;
/** The question whether encryption is possible, which PostgreSQL answers with one letter before any login. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** @throws WRONG_SERVER as soon as something else is known to answer there, else what the attempt throws */
export async function unlessOther<T>(
  connecting: Promise<T>,
  settings: ServerSettings,
  expected: Kind,
  place: Place,
): Promise<T> {
  const settled = new AbortController();
  const refuseOther = async () => {
    const found = await whatAnswers(settings);
    if (found !== undefined && found !== expected)
      throw failure('WRONG_SERVER', place, new Error(`it looks like ${found}`));
  };
  const meanwhile = sleep(SILENCE_MS, undefined, { signal: settled.signal }).then(refuseOther);
  // Only what it throws counts; a server that is slow is waited for.
  const silence = new Promise<never>((_, reject) => {
    meanwhile.catch((error: unknown) => {
      if (!settled.signal.aborted) reject(error);
    });
  });
  try {
    return await Promise.race([connecting, silence]);
  } catch (error) {
    settled.abort();
    if (!isServersRefusal(error)) await refuseOther();
    throw error;
  } finally {
    settled.abort();
  }
}

/** @returns undefined where nothing is known by what it says */
async function whatAnswers({ socket, host, port }: ServerSettings): Promise<Kind | undefined> {
  const stream = socket === undefined ? connect({ host, port }) : undefined;
  if (!stream) return undefined;
  try {
    const unasked = await answer(stream);
    if (unasked !== undefined) return kindOf(unasked);
    stream.write(SSL_REQUEST);
    const asked = await answer(stream);
    return asked === undefined ? undefined : kindOf(asked);
  } finally {
    stream.destroy();
  }
}

/** The next bytes; undefined when none come. */
async function answer(stream: ReturnType<typeof connect>): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const timer = setTimeout(() => resolve(undefined), ANSWER_MS);
  stream.once('data', resolve);
  for (const event of ['error', 'close']) stream.once(event, () => resolve(undefined));
  return promise.finally(() => clearTimeout(timer));
}

function kindOf(bytes: Buffer): Kind | undefined {
  const text = bytes.toString('latin1');
  if (text.startsWith('SSH-')) return 'an SSH server';
  if (text.startsWith('HTTP/')) return 'an HTTP server';
  if (text === 'S' || text === 'N' || /^E\0.*SFATAL|^E....FATAL/s.test(text)) return 'a PostgreSQL server';
  // A packet with number 0: protocol 10 and its version, or an error such as too many connections.
  if (bytes.length > 5 && bytes[3] === 0 && (bytes[4] === 10 || bytes[4] === 255))
    return 'a MySQL or MariaDB server';
  return undefined;
}
