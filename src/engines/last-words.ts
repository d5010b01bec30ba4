/**
 * What a server says when it ends a session on which nothing runs. Drivers report it between two statements, and say of
 * the next one merely that the connection is gone.
 */
export class LastWords {
  private said: unknown;
  private told = false;

  hear(error: unknown): void {
    this.said = error;
    this.told = false;
  }

  /** What explains an error that does not say itself why the connection is gone. */
  explain(error: unknown): unknown {
    if (this.said === undefined) return error;
    this.told = true;
    return this.said;
  }

  /** A session that was opened since then is lost for reasons of its own. */
  forget(): void {
    if (this.told) this.said = undefined;
  }
}
