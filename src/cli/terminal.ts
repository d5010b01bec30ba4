/** The terminal: results to stdout, messages and progress to stderr; text for people or one JSON document. */
import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import { jsonText } from '../documents/index.ts';
import type { StatementLog } from '../engines/index.ts';
import type { SettingsSource } from '../settings/index.ts';
import type { Consent, TaskProgress } from '../tasks/index.ts';
import type { GlobalOptions } from './global-options.ts';
import { Interruption } from './interruption.ts';
import { ShownProgress } from './progress-bar.ts';

type Style = Parameters<typeof styleText>[0];

/** Of what is read elsewhere than on a terminal, in columns. */
const PAGE_WIDTH = 100;

export class Terminal {
  /** The command that was called, by its name in the catalogue. */
  readonly command: string;
  /** Where settings come from. */
  readonly settings: SettingsSource;
  readonly json: boolean;
  readonly verbose: boolean;
  /** Aborts at Ctrl-C, SIGTERM or SIGHUP: long work ends after the chunk at hand. A second signal ends the process at once. */
  readonly interrupted: AbortSignal;
  private readonly options: GlobalOptions;
  private readonly bar: ShownProgress;
  private readonly asked = new Set<string>();
  private readonly interruption = new Interruption((signal) =>
    this.say(`\n${signal}: finishing the current step; interrupt again to stop immediately.`),
  );
  /** Statements of its database keep this process from doing anything else meanwhile. */
  private blocks = false;

  constructor(command: string, options: GlobalOptions, settings: SettingsSource) {
    this.command = command;
    this.options = options;
    this.settings = settings;
    this.json = options.format === 'json';
    this.verbose = options.verbose ?? false;
    this.interrupted = this.interruption.signal;
    this.bar = new ShownProgress(options.ansi && !this.json && process.stderr.isTTY === true);
  }

  /** Rejects when an interrupted command has not ended in time: it is left as it is. */
  get overdue(): Promise<never> {
    return this.interruption.overdue;
  }

  /** The database that is worked on from now on is of this process, and its statements cannot be interrupted. */
  blocksOnDatabase(): void {
    this.blocks = true;
  }

  /** While it runs, nothing is changed: a signal ends the command right away. */
  whileReading<T>(work: () => Promise<T>): Promise<T> {
    return this.interruption.whileReading(this.blocks, work);
  }

  /** The one JSON document of a run. */
  document(value: unknown): void {
    this.endProgress();
    process.stdout.write(jsonText(value));
  }

  /** A line of the result, for people; nothing when JSON was asked for. */
  print(text: string): void {
    this.endProgress();
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** A message beside the result. A progress bar is taken off the line, and draws itself anew. */
  say(text: string): void {
    process.stderr.write(`${this.bar.clearLine}${text}\n`);
  }

  complain(message: string, next: string): void {
    process.stderr.write(
      `${this.styled('red', 'Error:', process.stderr)} ${message}\n${this.styled('bold', 'Next:', process.stderr)} ${next}\n`,
    );
  }

  /** In columns: what is wider would be broken. */
  get width(): number {
    return process.stdout.columns ?? PAGE_WIDTH;
  }

  styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return this.options.ansi ? styleText(style, text, { stream }) : text;
  }

  /** A bar with rate and time left; silent where stderr is no terminal. */
  progress(progress: TaskProgress): void {
    this.bar.show(progress);
  }

  endProgress(): void {
    this.bar.end();
  }

  get assumesYes(): boolean {
    return this.options.yes ?? false;
  }

  get mayAsk(): boolean {
    return this.options.input && process.stdin.isTTY === true && process.stderr.isTTY === true;
  }

  /** So that what somebody was asked is not told once more. */
  noteAsked({ kind, confirmedBy }: Consent): void {
    this.asked.add(`${kind} ${confirmedBy}`);
  }

  wasAsked({ kind, confirmedBy }: Consent): boolean {
    return this.asked.has(`${kind} ${confirmedBy}`);
  }

  /** Asks on stderr; only `yes` written out is yes. */
  confirm(question: string): Promise<boolean> {
    return this.retype(`${question} Type yes to continue:`, 'yes');
  }

  /** Asks on stderr for a word; whether that word came back. */
  async retype(question: string, word: string): Promise<boolean> {
    this.endProgress();
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await prompt.question(`${question} `, { signal: this.interrupted });
      return answer.trim().toLowerCase() === word;
    } catch {
      this.interrupted.throwIfAborted();
      return false; // Ctrl-C at the prompt, or the end of the input: not yes.
    } finally {
      prompt.close();
    }
  }

  /** The log of statements for `-v`; pino is loaded only then. */
  async statementLog(): Promise<StatementLog | undefined> {
    if (!this.verbose) return undefined;
    const { pino, destination } = await import('pino');
    const logger = pino({ level: 'debug', base: { pid: process.pid } }, destination({ fd: 2, sync: true }));
    return ({ sql, milliseconds, failed }) =>
      logger[failed ? 'error' : 'debug']({ sql, milliseconds: Math.round(milliseconds * 10) / 10 });
  }

  close(): void {
    this.interruption.close();
  }
}
