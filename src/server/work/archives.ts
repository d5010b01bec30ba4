/** Archives: what is there, whether it is whole, and the way back. */
import {
  archiveDocument,
  archiveRestoreDocument,
  archivesDocument,
  findingsDocument,
  plannedArchiveRestoreDocument,
  removalDocument,
} from '../../documents/index.ts';
import {
  type ArchiveRestoreRequest,
  listArchives,
  planArchiveRemoval,
  planArchiveRestore,
  runArchiveRemoval,
  runArchiveRestore,
  showArchive,
  verifyArchives,
} from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { requireArchive } from './archive-target.ts';
import { confirmedOf } from './confirmed.ts';
import { type WorkContext, work } from './contract.ts';

const WAIT_MS = 5_000;

export const ARCHIVES = {
  'GET archive:list': work(null, inputs.NOTHING, async (context) => {
    const { directory } = targetOf(context);
    return { document: archivesDocument(directory, listArchives(directory)) };
  }),
  'GET archive:show': work(null, inputs.SHOW_ARCHIVE, async (context, { archive }) => ({
    document: archiveDocument(showArchive(targetOf(context).directory, archive)),
  })),
  'POST archive:verify': work(null, inputs.ARCHIVE_NAMES, async (context, { archives: names }) => {
    const target = targetOf(context);
    let done = 0;
    const findings = await verifyArchives(target, {
      names,
      signal: context.signal,
      onFinding: () => {
        done++;
        context.onProgress?.({
          activity: 'verifying',
          done,
          expected: Math.max(done, names?.length ?? 0),
          unit: 'checks',
        });
      },
    });
    return { document: findingsDocument(target.directory, findings) };
  }),
  'GET archive:restore': work('inspect', inputs.RESTORE, async (context, input) => ({
    document: plannedArchiveRestoreDocument(
      await planArchiveRestore(context, targetOf(context), requestOf(input)),
    ),
  })),
  'POST archive:restore': work('change', inputs.RUN_RESTORE, async (context, input) => {
    const request = { ...requestOf(input), waitMs: WAIT_MS, confirmed: confirmedOf(input.confirmed) };
    return { document: archiveRestoreDocument(await runArchiveRestore(context, targetOf(context), request)) };
  }),
  'GET archive:remove': work(null, inputs.REMOVE_ARCHIVES, async (context, input) => ({
    document: removalDocument(planArchiveRemoval(targetOf(context).directory, choiceOf(input)), true),
  })),
  'POST archive:remove': work(null, inputs.RUN_REMOVE_ARCHIVES, async (context, input) => {
    const plan = planArchiveRemoval(targetOf(context).directory, choiceOf(input));
    await runArchiveRemoval(context, plan, confirmedOf(input.confirmed));
    return { document: removalDocument(plan, false) };
  }),
};

function targetOf({ settings }: WorkContext) {
  return requireArchive(settings, true);
}

function requestOf(input: ReturnType<typeof inputs.RESTORE.parse>): ArchiveRestoreRequest {
  return {
    archive: input.archive,
    jobs: input.job ?? null,
    leaveOutMissing: input.ignore_missing_columns,
  };
}

function choiceOf(input: ReturnType<typeof inputs.REMOVE_ARCHIVES.parse>) {
  return { names: input.archives, olderThan: input.older_than };
}
