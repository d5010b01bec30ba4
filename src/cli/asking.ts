/** Asks the person at the terminal for what a task needs confirmed, and passes the answer on. */
import { type Confirmation, type Confirmed, type Consent, ConsentNeeded } from '../tasks/index.ts';
import { consentLines } from './consent-lines.ts';
import type { Terminal } from './terminal.ts';

/** Who is asked. */
type Asked = Pick<Terminal, 'assumesYes' | 'mayAsk' | 'say' | 'noteAsked' | 'confirm' | 'retype'>;

/**
 * Runs; where that needs consent which somebody gives, runs again.
 * @param given what was confirmed on the command line; then nobody is asked for more
 */
export async function confirming<T>(
  terminal: Asked,
  run: (confirmed: Confirmed) => Promise<T>,
  given: readonly Confirmation[] = [],
): Promise<T> {
  if (terminal.assumesYes) return run('everything');
  const confirmed = [...given];
  for (;;) {
    try {
      return await run(confirmed);
    } catch (error) {
      if (!(error instanceof ConsentNeeded) || given.length > 0 || !terminal.mayAsk) throw error;
      for (const consent of error.missing) {
        if (!(await isAgreedTo(consent, terminal))) throw error;
        confirmed.push({ kind: consent.kind, confirmedBy: consent.confirmedBy });
      }
    }
  }
}

function isAgreedTo(consent: Consent, terminal: Asked): Promise<boolean> {
  for (const line of consentLines(consent)) terminal.say(line);
  terminal.noteAsked(consent);
  switch (consent.kind) {
    case 'oversized':
      return terminal.retype(
        `To continue, type the number of jobs to be deleted (${consent.jobs}):`,
        consent.confirmedBy,
      );
    case 'dependents':
      return terminal.confirm('Delete them anyway?');
    case 'losses':
      return terminal.confirm('Destroy it?');
    case 'origin':
      return terminal.confirm('Restore them anyway?');
    case 'removal':
      return terminal.confirm('Remove them?');
    case 'rebuild':
      return terminal.confirm('Rebuild now?');
    case 'written-since':
      return terminal.confirm('Replace it?');
  }
}
