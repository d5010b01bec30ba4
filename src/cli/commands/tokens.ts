/** The commands that let people and scripts into the console of a service, and keep them out again. */
import { type Command, Option } from 'commander';
import { tokenCreatedDocument, tokenRevokedDocument, tokensDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  createToken,
  type ListedToken,
  listTokens,
  revokeToken,
  type TokenScope,
} from '../../tasks/index.ts';
import { identifier, line } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { futureEnd } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { untilText as untilReleased } from './retention-text.ts';

interface CreateOptions {
  readonly scope: TokenScope;
  readonly until?: number;
}

export const tokenCreate: CliCommand<CreateOptions> = {
  description: `Creates a token with which an account of MultiFlexi logs in to the console of the service, or a script calls its routes.
It is shown this once: the database has its hash alone.`,
  examples: [
    ['multiflexi-cli token:create alice --scope maintain --until 2027-06-30', 'for an administrator'],
    ['multiflexi-cli token:create monitoring --scope read', 'for a script that only looks'],
  ],
  options: (command: Command) => {
    command
      .argument('<user>', 'login of the account', line)
      .addOption(
        new Option('--scope <scope>', 'read looks and plans; maintain carries out as well')
          .choices(['read', 'maintain'])
          .default('read'),
      )
      .option(
        '--until <date>',
        'last day on which it is valid (2027-06-30), or the time at which it ends (2027-06-30T12:00:00Z), in UTC (default: until it is revoked)',
        futureEnd,
      );
  },
  run: ({ scope, until, ...options }, terminal, [user]) =>
    withDatabase(options, terminal, 'change', async (context) => {
      const created = await createToken(context, { user: String(user), scope, until: until ?? null });
      if (terminal.json) terminal.document(tokenCreatedDocument(created));
      else {
        terminal.print(created.token);
        terminal.say(`Token ${created.id}, valid ${untilText(created.until)}. It is not shown again.`);
      }
      return EXIT.done;
    }),
};

export const tokenList: CliCommand = {
  description: 'Lists the tokens of the console, newest first. The tokens themselves are not known.',
  examples: [['multiflexi-cli token:list', 'who can log in, until when']],
  options: () => {},
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (context) => {
      const tokens = await listTokens(context);
      if (terminal.json) terminal.document(tokensDocument(tokens));
      else printTokens(tokens, terminal);
      return EXIT.done;
    }),
};

function untilText(until: string | null): string {
  return until === null ? 'until it is revoked' : untilReleased(until);
}

function printTokens(tokens: readonly ListedToken[], terminal: Terminal): void {
  if (tokens.length === 0) {
    terminal.print('There are no tokens of the console. Create one with token:create.');
    return;
  }
  terminal.print(
    textTable(
      ['Token', 'Account', 'Scope', 'From', 'Lasts', 'Valid'].map((title) => ({ title })),
      tokens.map(({ id, user, scope, start, until, valid }) => [
        String(id),
        user,
        scope,
        start.slice(0, 16),
        untilText(until),
        valid ? 'yes' : 'no',
      ]),
    ),
  );
}

export const tokenRevoke: CliCommand = {
  description: 'Deletes a token of the console. Sessions that began with it end within ten seconds.',
  examples: [['multiflexi-cli token:revoke 12', 'the token that token:list shows as 12']],
  options: (command: Command) => {
    command.argument('<token>', 'number of the token, as token:list shows it', identifier);
  },
  run: (options, terminal, [id]) =>
    withDatabase(options, terminal, 'change', async (context) => {
      await revokeToken(context, id as bigint);
      if (terminal.json) terminal.document(tokenRevokedDocument());
      else terminal.print(`Token ${id} was revoked.`);
      return EXIT.done;
    }),
};
