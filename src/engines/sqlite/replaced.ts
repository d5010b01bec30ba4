/**
 * Whether the file is still the one that was opened. One that is moved, deleted or replaced under a process goes on without its
 * name: what is deleted or written there nobody finds again, and the file that has its name now stays as it is.
 */
import { statSync } from 'node:fs';
import { replaced } from './failures.ts';

export class FileIdentity {
  private readonly file: string;
  private readonly opened: string | undefined;

  constructor(file: string) {
    this.file = file;
    this.opened = identityOf(file);
  }

  /** @throws FILE_FAILED */
  requireSame(): void {
    if (this.opened !== undefined && identityOf(this.file) !== this.opened) throw replaced(this.file);
  }
}

function identityOf(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino}`;
}
