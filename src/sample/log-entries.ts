/** The log: entries of many jobs at once, in the order of time. */
import type { FirstIds } from './first-ids.ts';
import type { History } from './history.ts';
import { instantText, SECOND } from './instant.ts';
import type { Job } from './jobs.ts';
import { began, ended, generalMessage, remarked, type Say, scheduled } from './log-messages.ts';
import type { Platform } from './platform.ts';
import { Random } from './random.ts';
import type { Row } from './sample-table.ts';

export const LOG_COLUMNS = [
  'id',
  'company_id',
  'user_id',
  'severity',
  'venue',
  'message',
  'created_at',
  'job_id',
];

export const LOG_ENTRIES_PER_JOB = 5;

/** General entries for each job, and the most remarks on a job that ran; with the rest, five a job. */
const GENERAL = 0.06;
const MOST_REMARKS = 4;

interface Entry {
  readonly at: number;
  /** Null for a general entry. */
  readonly job: Job | null;
  readonly say: Say | null;
}

export class LogEntries {
  /** What happens, and how it is worded: two streams, because the first runs ahead by as much as is taken at once. */
  readonly #events: Random;
  readonly #words: Random;
  readonly #platform: Platform;
  readonly #until: number;
  #nextId: number;
  /** What jobs of earlier calls still have to say: after the last job that was seen, others may come between. */
  #later: Entry[] = [];

  constructor(history: History, platform: Platform, first: FirstIds) {
    this.#events = new Random(history.seed, 'logger');
    this.#words = new Random(history.seed, 'messages');
    this.#platform = platform;
    this.#until = history.until;
    this.#nextId = first.logger;
  }

  /**
   * Entries up to the creation of the last of `jobs`, which follow those of the call before; all that are left
   * when `last` says that no more jobs come. Where the history is cut makes no difference to its entries.
   */
  *of(jobs: readonly Job[], last: boolean): Generator<Row> {
    const entries = this.#later;
    for (const job of jobs) this.#collect(job, entries);
    // The sort is stable: entries of one instant stay in the order of their jobs.
    entries.sort((a, b) => a.at - b.at);
    const bound = last ? Number.POSITIVE_INFINITY : (jobs.at(-1)?.created ?? Number.NEGATIVE_INFINITY);
    const rest = entries.findIndex(({ at }) => at > bound);
    this.#later = rest === -1 ? [] : entries.splice(rest);
    for (const entry of entries) yield this.#row(entry);
  }

  #collect(job: Job, entries: Entry[]): void {
    const random = this.#events;
    const { created, schedule, begin, end, status } = job;
    if (random.chance(GENERAL)) entries.push({ at: created, job: null, say: null });
    entries.push({ at: created, job, say: scheduled });
    if (begin === null) {
      if (status === 'canceled') entries.push({ at: schedule, job, say: ended });
      return;
    }
    entries.push({ at: begin, job, say: began });
    const span = (end ?? Math.min(begin + SECOND, this.#until)) - begin;
    for (let count = random.between(0, MOST_REMARKS); count > 0; count--) {
      entries.push({ at: begin + random.below(span), job, say: remarked });
    }
    if (end !== null) entries.push({ at: end, job, say: ended });
  }

  #row({ at, job, say }: Entry): Row {
    const random = this.#words;
    const id = this.#nextId++;
    if (job === null || say === null) {
      const { severity, venue, text } = generalMessage(random);
      const user = random.chance(0.3) ? random.pick(this.#platform.accounts).id : null;
      return [id, null, user, severity, venue, text, instantText(at), null];
    }
    const { severity, venue, text } = say(job, random);
    const user = say === scheduled ? (job.launchedBy?.id ?? null) : null;
    return [id, job.template.company.id, user, severity, venue, text, instantText(at), job.id];
  }
}
