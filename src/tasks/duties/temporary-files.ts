/** Old files in the platform's folder of temporary files are deleted, unless a job that waits or runs mentions them. */
import { fencedTransaction } from '../../leases/index.ts';
import { type MentionedNames, namesOfLiveJobs } from '../../maintenance/index.ts';
import { fileFailure, noOldFiles, type OldFiles, walkOldFiles } from '../../system/index.ts';
import { counted } from '../../written-numbers.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult, DutyStep } from './duty.ts';
import { safeDirectory } from './temporary-directory.ts';
import { WorkTime } from './work-time.ts';

/** How old what is known of the jobs may be while files are deleted by it, in milliseconds. */
const JOBS_KNOWN_MS = 60_000;
/** Looking takes about as long as deleting: of all the time the plan has this share. */
const PLANNING = 0.4;

/** Its position is how many entries of the folder were looked at and kept. */
export const temporaryFiles: Duty = {
  name: 'temporary-files',
  summary:
    'deletes old files in the directory for temporary files, unless a waiting or running job mentions their names',
  deletes: true,
  settings: ['MULTIFLEXI_TMP', 'MULTIFLEXI_HOUSEKEEPER_TMP_AGE_HOURS'],
  plan,
};

async function plan(context: DutyContext): Promise<DutyPlan> {
  const { tmpDirectory } = context.settings;
  if (tmpDirectory === null) return nothing('MULTIFLEXI_TMP is not set.');
  const directory = safeDirectory(tmpDirectory, context);
  if (directory === undefined) return nothing(`The directory ${tmpDirectory} does not exist.`);
  const begun = performance.now();
  const found = await walk({ ...context, timeBudgetMs: context.timeBudgetMs * PLANNING }, directory, false);
  const spent = performance.now() - begun;
  context.signal?.throwIfAborted();
  const run = async (): Promise<DutyResult> => {
    // Whatever has become of it since it was planned.
    if (safeDirectory(tmpDirectory, context) !== directory) return ofFiles(noOldFiles(), null);
    const rest = { ...context, timeBudgetMs: context.timeBudgetMs - spent };
    const time = new WorkTime(rest);
    const deleted = await walk(rest, directory, true, time);
    return ofFiles(deleted, deleted.ended ? time.over() : null);
  };
  return { steps: stepsOf(found), position: positionOf(found), note: noteOf(found), run };
}

function nothing(note: string): DutyPlan {
  return { steps: [], note, run: async () => ({ ...ofFiles(noOldFiles(), null), note }) };
}

function ofFiles(found: OldFiles, stopped: DutyResult['stopped']): DutyResult {
  return {
    steps: stepsOf(found),
    bytes: found.bytes,
    backlog: null,
    position: positionOf(found),
    stopped,
    note: noteOf(found),
  };
}

async function walk(
  context: DutyContext,
  directory: string,
  deletes: boolean,
  time = new WorkTime(context),
): Promise<OldFiles> {
  const jobs = new LiveJobs(context, time, deletes);
  const { now, settings, position } = context;
  try {
    return await walkOldFiles({
      directory,
      before: now - settings.tmpAgeMs,
      isKept: (name) => jobs.mention(name),
      skip: typeof position === 'number' && position > 0 ? position : 0,
      over: () => time.over() !== null,
      deletes,
    });
  } catch (error) {
    throw error instanceof Error && 'syscall' in error
      ? fileFailure(directory, error, 'read', 'directory')
      : error;
  }
}

/** What jobs mention, read when it is first needed, and again before it is too old to delete anything by it. */
class LiveJobs {
  private readonly context: DutyContext;
  private readonly time: WorkTime;
  private readonly deletes: boolean;
  private names: MentionedNames | undefined;
  private readAt = 0;

  constructor(context: DutyContext, time: WorkTime, deletes: boolean) {
    this.context = context;
    this.time = time;
    this.deletes = deletes;
  }

  async mention(name: string): Promise<boolean> {
    if (this.names === undefined || performance.now() - this.readAt > JOBS_KNOWN_MS) await this.read();
    // Where the time was up before all jobs were read, nothing is known.
    return this.names?.mayHave(name.normalize()) ?? true;
  }

  private async read(): Promise<void> {
    const { engine, fence } = this.context;
    this.names = undefined;
    if (fence && this.deletes) {
      const held = await this.time.attempt(() =>
        fencedTransaction(engine, this.time.fenced, async () => true),
      );
      if (held === undefined) return;
    }
    this.readAt = performance.now();
    this.names = await namesOfLiveJobs(engine, () => this.time.over() !== null);
  }
}

function stepsOf({ files, directories }: OldFiles): readonly DutyStep[] {
  const step = (what: string, count: number): readonly DutyStep[] =>
    count === 0 ? [] : [{ action: 'delete', what, count, detail: null }];
  return [...step('temporary file', files), ...step('empty temporary directory', directories)];
}

function positionOf({ ended, passed }: OldFiles): number | undefined {
  return ended && passed > 0 ? passed : undefined;
}

function noteOf({ kept, foreign, failed, failures, ended }: OldFiles): string | undefined {
  const sentences = [
    kept > 0 &&
      `${counted(kept, 'file or directory', 'files or directories')} ${were(kept)} kept because a waiting or running job may use ${kept === 1 ? 'it' : 'them'}.`,
    foreign > 0 && `${counted(foreign, 'old file')} of other accounts ${were(foreign)} left alone.`,
    failed > 0 &&
      `${counted(failed, 'file')} could not be deleted: ${failures.join('; ')}${failed > failures.length ? '; …' : ''}.`,
    ended && 'Time was up before the whole directory was looked at; the next run continues.',
  ].filter((sentence) => sentence !== false);
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

function were(count: number): string {
  return count === 1 ? 'was' : 'were';
}
