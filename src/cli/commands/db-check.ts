import { checkDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { type CheckFinding, checkDatabase, type DatabaseCheck } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { counted, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

interface CheckOptions {
  readonly quick?: true;
  readonly timeout?: number;
}

/** What a check may take unless it is specified, in seconds. */
const QUICK_SECONDS = 10;
const FULL_SECONDS = 3_600;
const SEVERITIES = ['error', 'warning', 'note'] as const;

export const dbCheck: CliCommand<CheckOptions> = {
  description: `Finds what is wrong with the database: damage, rows without a parent, ids that are taken or running out, indexes that
are missing, invalid, redundant or unused, other storage engines and collations, differences from the migrations, what other
tools left behind, and conditions of the server. Each finding comes with the statement that fixes it, or says why it may be
left. Never writes. Exit status: 7 if there is an error or a warning, 0 if not.`,
  examples: [
    ['multiflexi-cli db:check', 'check everything, which reads all tables'],
    ['multiflexi-cli db:check --quick -f json', 'for every hour: reads no table as a whole'],
  ],
  options: (command) => {
    command
      .option('--quick', 'leave out what reads whole tables')
      .option(
        '--timeout <seconds>',
        `how long each check may take (default: ${FULL_SECONDS}, with --quick ${QUICK_SECONDS})`,
        wholeNumber(1, 1_000_000),
      );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (context) => {
      const quick = options.quick ?? false;
      const seconds = options.timeout ?? (quick ? QUICK_SECONDS : FULL_SECONDS);
      const check = await checkDatabase(context, { quick, timeoutMs: seconds * 1000 });
      if (terminal.json) terminal.document(checkDocument(check));
      else printCheck(check, terminal);
      if (check.pending > 0)
        terminal.say(
          `${counted(check.pending, 'migration is', 'migrations are')} pending; what ${check.pending === 1 ? 'it' : 'they'} would create is not compared.`,
        );
      return check.findings.some(({ severity }) => severity !== 'note') ? EXIT.differs : EXIT.done;
    }),
};

function printCheck({ findings, unknown, quick }: DatabaseCheck, terminal: Terminal): void {
  for (const severity of SEVERITIES)
    for (const finding of findings.filter((one) => one.severity === severity))
      printFinding(finding, terminal);
  for (const { check, why, remedy } of unknown)
    terminal.print(`unknown  ${check}: ${why}.${remedy === null ? '' : `\n  To see it: ${remedy};`}`);
  terminal.print(summary(findings, quick));
}

function printFinding({ id, severity, message, fix, safeToLeave }: CheckFinding, terminal: Terminal): void {
  const style = { error: 'red', warning: 'yellow', note: 'dim' } as const;
  terminal.print(`${terminal.styled(style[severity], severity)}  ${id}\n  ${message}`);
  if (fix !== null) terminal.print(`  Fix: ${fix.replaceAll('\n', '\n       ')};`);
  else if (safeToLeave !== null) terminal.print(`  It can be left: ${safeToLeave}`);
}

function summary(findings: readonly CheckFinding[], quick: boolean): string {
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: findings.filter((one) => one.severity === severity).length,
  })).filter(({ count }) => count > 0);
  if (counts.length === 0)
    return quick ? 'Nothing was found; --quick leaves out what reads whole tables.' : 'Nothing was found.';
  return counts.map(({ severity, count }) => counted(count, severity)).join(', ');
}
