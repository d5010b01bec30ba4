/** What a service tells the journal: one JSON line an event on stderr. On a terminal, people read the result instead. */
import type { Logger } from 'pino';
import { isMultiFlexiError } from '../errors.ts';
import { type CycleResult, type DutyOutcome, stepText } from '../housekeeper/index.ts';
import { commandLine } from './next-words.ts';
import type { Terminal } from './terminal.ts';

export class ServiceLog {
  private readonly logger: Logger | undefined;
  private readonly terminal: Terminal;

  private constructor(terminal: Terminal, logger: Logger | undefined) {
    this.terminal = terminal;
    this.logger = logger;
  }

  /** pino is loaded only where nobody watches. */
  static async open(terminal: Terminal): Promise<ServiceLog> {
    if (process.stderr.isTTY) return new ServiceLog(terminal, undefined);
    const { pino, destination } = await import('pino');
    const base = { service: 'multiflexi-housekeeper', pid: process.pid };
    return new ServiceLog(terminal, pino({ base }, destination({ fd: 2, sync: true })));
  }

  get isStructured(): boolean {
    return this.logger !== undefined;
  }

  duty(
    { duty, outcome, skipped, steps, rows, bytes, milliseconds, error, note }: DutyOutcome,
    dryRun: boolean,
  ): void {
    const level = outcome === 'failed' ? 'error' : 'info';
    const done = steps.map((step) => stepText(step, dryRun)).join('; ');
    const text = error?.message ?? (done || (note ?? 'nothing to do'));
    const facts = { dry_run: dryRun, duty, outcome, skipped_because: skipped, rows, bytes, milliseconds };
    this.logger?.[level](error ? { ...facts, error } : facts, `${duty}: ${text}`);
  }

  cycle({ failed, behind, milliseconds, interrupted }: CycleResult): void {
    const level = failed.length > 0 || behind.length > 0 ? 'error' : 'info';
    this.logger?.[level]({ failed, behind, milliseconds, interrupted }, 'The cycle has ended.');
  }

  failure(error: unknown): void {
    const report = isMultiFlexiError(error) ? error.report(commandLine) : undefined;
    const message = report?.message ?? (error instanceof Error ? error.message : String(error));
    this.logger?.error({ error: report ?? { code: 'UNEXPECTED', message } }, message);
  }

  info(text: string): void {
    if (this.logger) this.logger.info(text);
    else this.terminal.say(text);
  }
}
