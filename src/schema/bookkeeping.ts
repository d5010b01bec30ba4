/**
 * Tables in which maintenance writes down what it did. A rollback saves their rows as it saves all others, but nobody
 * has to say yes to it: after every purge each rollback would ask.
 */
export const BOOKKEEPING: ReadonlySet<string> = new Set(['housekeeping_run']);
