/** The boundaries that rules set, for the rows of one owner: what is older than all that they keep. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { type Database, JOB_AGE, LOG_AGE, type Timeline } from '../../schema/index.ts';
import type { JobRule, LogRule } from '../rules/rules.ts';
import { beginningOf, boundary, earlier, type Key, later, newestOfAll } from './boundary.ts';
import { lastSuccess } from './last-success.ts';

/** Jobs of a run template; null for those of none; `all` for all jobs of a company. */
export type Division = bigint | null | 'all';

/** Boundaries as they are found; that of "the newest N of all" is the same for every scope and looked for once. */
export class Boundaries {
  private readonly engine: Engine;
  private readonly db: Kysely<Database>;
  private readonly newest = new Map<string, Key | null>();

  constructor(engine: Engine) {
    this.engine = engine;
    this.db = engine.kysely<Database>();
  }

  async ofJobs({ keep, keepPerTemplate, olderThan }: JobRule, template: Division): Promise<Key | null> {
    return earliest([
      olderThan === null ? undefined : beginningOf(olderThan),
      keep === null ? undefined : await this.newestOfAll(JOB_AGE, keep),
      // Jobs of no run template are none of its newest: they have no such rule.
      keepPerTemplate === null || typeof template !== 'bigint'
        ? undefined
        : await boundary(this.db, JOB_AGE, keepPerTemplate, sql`run_template_id = ${template}`),
    ]);
  }

  async ofLogs(
    { keep, keepPerCompany, olderThan, atMost = false }: LogRule,
    company: bigint | null,
  ): Promise<Key | null> {
    const own = company === null ? sql`company_id is null` : sql`company_id = ${company}`;
    // Entries of no company are of none that may have too many.
    const perCompany = atMost && company === null ? null : keepPerCompany;
    const limits = [
      olderThan === null ? undefined : beginningOf(olderThan),
      keep === null ? undefined : await this.newestOfAll(LOG_AGE, keep),
      perCompany === null ? undefined : await boundary(this.db, LOG_AGE, perCompany, own),
    ];
    return atMost ? latest(limits) : earliest(limits);
  }

  async lastSuccess(template: Division): Promise<bigint | undefined> {
    return typeof template === 'bigint' ? lastSuccess(this.db, template) : undefined;
  }

  /** Null when nothing is older than the newest N of all. One that could not be read is read again. */
  async newestOfAll(timeline: Timeline, keep: number): Promise<Key | null> {
    const name = `${timeline.table} ${keep}`;
    const known = this.newest.get(name);
    if (known !== undefined) return known;
    const found = await newestOfAll(this.engine, timeline, keep);
    this.newest.set(name, found);
    return found;
  }
}

/** Null when all of them keep everything. */
function latest(keys: readonly (Key | null | undefined)[]): Key | null {
  return keys.reduce<Key | null>((a, b) => (a && b ? later(a, b) : (a ?? b ?? null)), null);
}

/** Null when one of them keeps everything, or nothing limits what is deleted: then nothing is. */
function earliest(keys: readonly (Key | null | undefined)[]): Key | null {
  const given = keys.filter((key) => key !== undefined);
  return given.length === 0
    ? null
    : given.reduce<Key | null>((a, b) => (a && b ? earlier(a, b) : null), given[0] ?? null);
}
