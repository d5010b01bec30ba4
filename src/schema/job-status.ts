/** What a job's status means to whoever cleans up. */
export type JobStatus = 'waiting' | 'running' | 'ok' | 'failed' | 'canceled';

/**
 * Nothing happens to such a job any more: it may be deleted. On the others the platform is still to work: maintenance
 * never deletes them, whatever their age.
 */
export const FINISHED = ['ok', 'failed', 'canceled'] as const satisfies readonly JobStatus[];
