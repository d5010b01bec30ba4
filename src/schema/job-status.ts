/** What a job's status means to whoever cleans up. */
export type JobStatus = 'waiting' | 'running' | 'ok' | 'failed' | 'canceled';

/** Nothing happens to such a job any more: it may be deleted. */
export const FINISHED = ['ok', 'failed', 'canceled'] as const satisfies readonly JobStatus[];

/** The platform is still to work on such a job: maintenance never deletes it, whatever its age. */
export const UNFINISHED = ['waiting', 'running'] as const satisfies readonly JobStatus[];
