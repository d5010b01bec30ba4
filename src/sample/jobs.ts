/** The jobs, oldest first. */
import type { Account } from './accounts.ts';
import { arrivals } from './arrivals.ts';
import type { FirstIds } from './first-ids.ts';
import type { History } from './history.ts';
import { DAY, instantOrNull, instantText, MILLISECOND, MINUTE, SECOND } from './instant.ts';
import type { Platform } from './platform.ts';
import { type NonEmpty, nonEmpty, Random } from './random.ts';
import type { RunTemplate } from './run-templates.ts';
import type { Row } from './sample-table.ts';

export type JobStatus = 'waiting' | 'running' | 'ok' | 'failed' | 'canceled';

export interface Job {
  readonly id: number;
  readonly template: RunTemplate;
  /** Launched over the API without being a run of the template. */
  readonly adHoc: boolean;
  readonly status: JobStatus;
  readonly created: number;
  readonly schedule: number;
  readonly begin: number | null;
  readonly end: number | null;
  readonly exitcode: number | null;
  readonly pid: number | null;
  readonly launchedBy: Account | null;
  readonly scheduleType: 'cron' | 'interval' | 'manual' | 'api';
  readonly version: string;
}

/** Unfinished jobs are this part of all, and the newest. */
const UNFINISHED = 0.01;
/** How much more often a template comes up than a yearly one, by its interval. */
const FREQUENCY: Readonly<Record<string, number>> = { i: 24, c: 12, h: 12, d: 4, w: 2 };
/** Where in the history a crash left a job behind that will never end, or never begin. */
const STUCK_RUNNING = [0.07, 0.31];
const STUCK_WAITING = [0.19, 0.43];
/** A history shorter than this has nothing deep in it. */
const STUCK_FROM_JOBS = 50;

export function* jobs(history: History, platform: Platform, first: FirstIds): Generator<Job> {
  const random = new Random(history.seed, 'jobs');
  const unfinished = Math.max(2, Math.ceil(history.jobs * UNFINISHED));
  const urn = nonEmpty(
    platform.templates.flatMap((template) =>
      Array<RunTemplate>(FREQUENCY[template.interv] ?? 1).fill(template),
    ),
  );
  let index = 0;
  for (const created of arrivals(history, random)) {
    const newest = history.jobs - index <= unfinished;
    const status = newest ? unfinishedStatus(history.jobs - index) : statusOf(index, history.jobs, random);
    const when = { created, newest, progress: index / history.jobs, until: history.until };
    yield job(first.job + index, status, when, random.pickEarly(urn), platform.accounts, random);
    index++;
  }
}

function unfinishedStatus(fromEnd: number): JobStatus {
  return fromEnd % 2 === 0 ? 'running' : 'waiting';
}

function statusOf(index: number, jobs: number, random: Random): JobStatus {
  if (jobs >= STUCK_FROM_JOBS) {
    if (STUCK_RUNNING.some((part) => Math.floor(jobs * part) === index)) return 'running';
    if (STUCK_WAITING.some((part) => Math.floor(jobs * part) === index)) return 'waiting';
  }
  const unit = random.unit();
  if (unit < 0.889) return 'ok';
  return unit < 0.98 ? 'failed' : 'canceled';
}

interface When {
  readonly created: number;
  readonly newest: boolean;
  /** How much of the history is past, from 0 to 1. */
  readonly progress: number;
  readonly until: number;
}

function job(
  id: number,
  status: JobStatus,
  when: When,
  template: RunTemplate,
  accounts: NonEmpty<Account>,
  random: Random,
): Job {
  const { created, until } = when;
  const { versions } = template.application;
  const byHand = template.interv === 'n' || random.chance(0.1);
  const api = byHand && random.chance(0.3);
  const regular = template.interv === 'c' ? 'cron' : 'interval';
  // A job that has waited since long ago was due then; the others are due in the future.
  const early = status === 'waiting' && when.newest;
  const schedule = early
    ? until + SECOND + random.below(DAY)
    : created + (byHand ? 0 : random.below(5 * MINUTE));
  const began = status !== 'waiting' && (status !== 'canceled' || random.chance(0.5));
  const begin = began ? Math.min(schedule + random.between(MILLISECOND, 20 * SECOND), until) : null;
  const ended = begin !== null && status !== 'running';
  const end = ended ? Math.min(begin + duration(random), until) : null;
  return {
    id,
    template,
    adHoc: api && random.chance(0.2),
    status,
    created,
    schedule: early ? schedule : Math.min(schedule, until),
    begin,
    end,
    exitcode: status === 'ok' ? 0 : status === 'failed' ? exitcode(random) : null,
    pid: began ? random.between(300, 4_194_303) : null,
    launchedBy: byHand ? random.pick(accounts) : null,
    scheduleType: byHand ? (api ? 'api' : 'manual') : regular,
    version: versions[Math.floor(when.progress * versions.length)] ?? versions[0],
  };
}

/** From less than a second to a quarter of an hour; half of them end within half a minute. */
function duration(random: Random): number {
  return Math.floor(800 * MILLISECOND * Math.exp(random.unit() * 7));
}

function exitcode(random: Random): number {
  return random.chance(0.7) ? random.pick([1, 1, 1, 2, 126, 127, 137, 255]) : random.between(1, 255);
}

export const JOB_COLUMNS = [
  'id',
  'run_template_id',
  'app_id',
  'company_id',
  'status',
  'DatCreate',
  'schedule',
  'begin',
  'end',
  'exitcode',
  'command',
  'env',
  'executor',
  'pid',
  'launched_by',
  'schedule_type',
  'app_version',
];

export function jobRow(job: Job): Row {
  const { template } = job;
  return [
    job.id,
    job.adHoc ? null : template.id,
    template.application.id,
    template.company.id,
    job.status,
    instantText(job.created),
    instantText(job.schedule),
    instantOrNull(job.begin),
    instantOrNull(job.end),
    job.exitcode,
    template.command,
    `${template.envHead},"MULTIFLEXI_JOB_ID":"${job.id}"}`,
    template.executor,
    job.pid,
    job.launchedBy?.id ?? null,
    job.scheduleType,
    job.version,
  ];
}
