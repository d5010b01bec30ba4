/** The options that all commands have. */

export interface GlobalOptions {
  readonly format: 'text' | 'json';
  readonly environment?: string;
  readonly verbose?: true;
  readonly ansi: boolean;
  readonly input: boolean;
  readonly yes?: true;
  /** In seconds. */
  readonly waitForDatabase: number;
}
