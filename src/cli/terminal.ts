/** The terminal: results to stdout, talk and progress to stderr; text for people or one JSON document. */
import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import type { StatementLog } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import type { GlobalOptions } from './command.ts';
import { openProgressBar, type ProgressBar } from './progress-bar.ts';

type Style = Parameters<typeof styleText>[0];

export class Terminal {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Aborts at Ctrl-C or SIGTERM: long work ends after the chunk at hand. A second signal ends the process at once. */
  readonly interrupted: AbortSignal;
  private readonly options: GlobalOptions;
  /** Written before talk: takes a progress bar off the line, which it draws anew by itself. */
  private clearLine = '';
  private readonly interruption = new AbortController();
  private readonly onSignal = (signal: NodeJS.Signals) => {
    this.say(`\n${signal}: ending after what is being done now; once more ends at once.`);
    this.interruption.abort(
      new MultiFlexiError('INTERRUPTED', `Interrupted by ${signal}.`, {
        next: 'What was done until then stays done; run the same command again to go on.',
      }),
    );
    this.stopListening();
  };

  constructor(options: GlobalOptions) {
    this.options = options;
    this.json = options.format === 'json';
    this.verbose = options.verbose ?? false;
    this.interrupted = this.interruption.signal;
    process.once('SIGINT', this.onSignal);
    process.once('SIGTERM', this.onSignal);
  }

  /** The one JSON document of a run. bigint is written as a number where it is exact, else as text. */
  document(value: unknown): void {
    const plain = (_: string, item: unknown) =>
      typeof item === 'bigint' ? (Number.isSafeInteger(Number(item)) ? Number(item) : String(item)) : item;
    process.stdout.write(`${JSON.stringify(value, plain, 2)}\n`);
  }

  /** A line of the result, for people; nothing when JSON was asked for. */
  print(text: string): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** Talk beside the result. */
  say(text: string): void {
    process.stderr.write(`${this.clearLine}${text}\n`);
  }

  complain(message: string, next: string): void {
    process.stderr.write(
      `${this.styled('red', 'Error:', process.stderr)} ${message}\n${this.styled('bold', 'Next:', process.stderr)} ${next}\n`,
    );
  }

  styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return this.options.ansi ? styleText(style, text, { stream }) : text;
  }

  /** A bar with rate and time left; silent where stderr is no terminal. */
  async progressBar(label: string, total: number, unit = 'rows'): Promise<ProgressBar> {
    const visible = this.options.ansi && !this.json && process.stderr.isTTY === true;
    if (visible) this.clearLine = '\r\u001b[K';
    return openProgressBar(label, total, visible, unit);
  }

  get assumesYes(): boolean {
    return this.options.yes ?? false;
  }

  get mayAsk(): boolean {
    return this.options.input && process.stdin.isTTY === true && process.stderr.isTTY === true;
  }

  /** Asks on stderr; only `yes` written out is yes. */
  confirm(question: string): Promise<boolean> {
    return this.retype(`${question} Type yes to go on:`, 'yes');
  }

  /** Asks on stderr for a word; whether that word came back. */
  async retype(question: string, word: string): Promise<boolean> {
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await prompt.question(`${question} `, { signal: this.interrupted });
      return answer.trim().toLowerCase() === word;
    } catch {
      return false; // Ctrl-C or the end of the input: not yes.
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
    this.stopListening();
  }

  private stopListening(): void {
    process.removeListener('SIGINT', this.onSignal);
    process.removeListener('SIGTERM', this.onSignal);
  }
}
