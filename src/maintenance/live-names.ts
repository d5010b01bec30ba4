/** Which names the jobs mention that wait or run: whatever they mention may be in use. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import { parsedJson } from '../system/index.ts';
import { ofStatus } from './stale-jobs.ts';
import { isZeroDate, placeBehind, type WalkPlace } from './walk-place.ts';

const PAGE = 100;
/** 8 MiB, whatever the jobs have; and how long the pieces of text are that are remembered, the longest first. */
const BITS = 1 << 26;
const LENGTHS = [8, 4, 2, 1];

/**
 * Remembers texts as the set of all their pieces, in a fixed space. A name that is in a text is always found; one that is
 * in none may be taken for one that is, where all of its pieces are in texts: then a file is kept for nothing.
 */
export class MentionedNames {
  private readonly bits = new Uint32Array(BITS / 32);

  add(text: string): void {
    for (const length of LENGTHS)
      for (let at = 0; at + length <= text.length; at++) {
        const place = placeOf(text, at, length);
        this.bits[place >>> 5] = (this.bits[place >>> 5] ?? 0) | (1 << (place & 31));
      }
  }

  /** Whether a text may have this name in it. */
  mayHave(name: string): boolean {
    const length = LENGTHS.find((one) => one <= name.length) ?? 1;
    for (let at = 0; at + length <= name.length; at++) {
      const place = placeOf(name, at, length);
      if (((this.bits[place >>> 5] ?? 0) & (1 << (place & 31))) === 0) return false;
    }
    return true;
  }
}

/** FNV-1a over the characters. */
function placeOf(text: string, from: number, length: number): number {
  let hash = 0x811c9dc5 ^ length;
  for (let at = from; at < from + length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % BITS;
}

/**
 * Reads the commands and environments of all jobs that wait or run, a page at a time.
 * @param over asked before each page; true ends it @returns undefined where it was ended, or where not all of them can be found
 */
export async function namesOfLiveJobs(
  engine: Engine,
  over: () => boolean,
): Promise<MentionedNames | undefined> {
  const names = new MentionedNames();
  const db = engine.kysely<Database>();
  for (const status of ['waiting', 'running'] as const) {
    let after: WalkPlace | undefined;
    do {
      if (over()) return undefined;
      const rows = await liveJobs(db, status, after).limit(PAGE).execute();
      for (const { command, env } of rows) for (const text of textsOf(command, env)) names.add(text);
      after = placeBehind(rows, PAGE);
      // Some of them would be passed over.
      if (after && rows.some(isZeroDate)) return undefined;
    } while (after !== undefined);
  }
  return names;
}

export function liveJobs(db: Kysely<Database>, status: 'waiting' | 'running', after: WalkPlace | undefined) {
  return db
    .selectFrom('job')
    .select(['job.id', sql<string>`${sql.ref('job.DatCreate')}`.as('at'), 'job.command', 'job.env'])
    .where(ofStatus(status, after))
    .orderBy('job.DatCreate')
    .orderBy('job.id');
}

/** As they stand, and without the escapes of a shell and of JSON. */
function* textsOf(command: string | null, env: string | null): Generator<string> {
  for (const text of [command, env].filter((one) => one !== null)) {
    yield text.normalize();
    if (text.includes('\\')) yield text.replaceAll('\\', '').normalize();
  }
  if (env?.includes('\\')) for (const text of stringsIn(parsedJson(env), 0)) yield text.normalize();
}

function* stringsIn(value: unknown, depth: number): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null && depth < 8)
    for (const [name, one] of Object.entries(value)) {
      yield name;
      yield* stringsIn(one, depth + 1);
    }
}
