/** The files that jobs leave: what they wrote to the terminal, and now and then a result. */
import { type Contents, contents } from './contents.ts';
import type { FirstIds } from './first-ids.ts';
import type { History } from './history.ts';
import { instantText, SECOND } from './instant.ts';
import type { Job } from './jobs.ts';
import { Random } from './random.ts';
import type { Row } from './sample-table.ts';
import { skewedSize } from './sizes.ts';

export const ARTIFACT_COLUMNS = ['id', 'job_id', 'filename', 'content_type', 'content', 'note', 'created_at'];

export const ARTIFACTS_PER_JOB = 2;

/** How likely a job of each outcome leaves each kind; together about {@link ARTIFACTS_PER_JOB} a job. */
const LEAVES = {
  ok: { stdout: 0.97, stderr: 0.22, result: 0.85 },
  failed: { stdout: 0.9, stderr: 0.97, result: 0.2 },
  canceled: { stdout: 0.8, stderr: 0.3, result: 0 },
  running: { stdout: 0.5, stderr: 0.05, result: 0 },
  waiting: { stdout: 0, stderr: 0, result: 0 },
} as const;

const LOST = 0.003;

export class Artifacts {
  readonly #random: Random;
  readonly #contents: Contents;
  readonly #until: number;
  #nextId: number;

  constructor(history: History, first: FirstIds) {
    this.#random = new Random(history.seed, 'artifacts');
    this.#contents = contents(new Random(history.seed, 'contents'));
    this.#until = history.until;
    this.#nextId = first.artifacts;
  }

  /** Of the jobs that follow those of the call before. */
  *of(jobs: Iterable<Job>): Generator<Row> {
    const random = this.#random;
    const { stdout, stderr } = this.#contents;
    for (const job of jobs) {
      if (job.begin === null) continue;
      const leaves = LEAVES[job.status];
      // What runs has written something so far.
      const stored = instantText(job.end ?? Math.min(job.begin + SECOND, this.#until));
      if (random.chance(leaves.stdout)) {
        yield this.#row(job, 'stdout.txt', 'text/plain', stdout.piece(skewedSize(random), random), stored);
      }
      if (random.chance(leaves.stderr)) {
        yield this.#row(job, 'stderr.txt', 'text/plain', stderr.piece(skewedSize(random), random), stored);
      }
      if (random.chance(leaves.result)) {
        const { name, type, content } = this.#result(job);
        yield this.#row(job, name, type, content, stored);
      }
    }
  }

  #result(job: Job): { name: string; type: string; content: Buffer } {
    const random = this.#random;
    const { resultfile } = job.template.application;
    if (random.chance(0.015)) {
      return {
        name: `přehled-${job.id}.pdf`,
        type: 'application/pdf',
        content: random.pick(this.#contents.pdf),
      };
    }
    return resultfile.endsWith('.csv')
      ? { name: resultfile, type: 'text/csv', content: random.pick(this.#contents.csv) }
      : { name: resultfile, type: 'application/json', content: random.pick(this.#contents.json) };
  }

  #row(job: Job, name: string, type: string, content: Buffer, stored: string): Row {
    const lost = this.#random.chance(LOST);
    const note = lost ? 'Obsah nebyl uložen: přesáhl limit' : null;
    return [this.#nextId++, job.id, name, type, lost ? null : content, note, stored];
  }
}
