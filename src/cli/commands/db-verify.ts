import { EXIT } from '../../errors.ts';
import { type Difference, findDrift, foreignError, MIGRATIONS, readStatus } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface VerifyOptions {
  readonly fixPlan?: true;
}

export const dbVerify: CliCommand<VerifyOptions> = {
  description: `Compares the live schema with the one that the applied migrations make: missing, extra and different tables,
columns, types, defaults, keys, indexes, foreign keys, comments, character sets and storage engines. Never writes.
Exit status: 0 no difference, 7 differences.`,
  examples: [
    ['multiflexi-cli db:verify', 'is the schema what it should be?'],
    [
      'multiflexi-cli db:verify --fix-plan',
      'with the statements that would mend it, for a person to read and run',
    ],
  ],
  options: (command) => {
    command.option('--fix-plan', 'print the statements that would mend the differences');
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (engine) => {
      const { kind, pending } = await readStatus(engine, MIGRATIONS);
      const foreign = foreignError(kind, engine.where);
      if (foreign) throw foreign;
      const differences = await findDrift(engine, MIGRATIONS);
      if (terminal.json) terminal.document(document(differences));
      else print(differences, options.fixPlan ?? false, terminal);
      if (pending > 0)
        terminal.say(`${pending} migrations are pending; what they would make is not compared.`);
      return differences.length > 0 ? EXIT.differs : EXIT.done;
    }),
};

function document(differences: readonly Difference[]) {
  return {
    difference_count: differences.length,
    differences: differences.map(({ kind, what, table, name, expected, found, fix }) => ({
      kind,
      what,
      table_name: table,
      name,
      expected,
      found,
      fix: fix.map(({ sql }) => sql),
    })),
  };
}

function print(differences: readonly Difference[], fixPlan: boolean, terminal: Terminal): void {
  if (differences.length === 0) {
    terminal.print('The schema is the one that the migrations make.');
    return;
  }
  if (!fixPlan) {
    const columns = ['Table', 'What', 'Name', 'Is', 'Expected', 'Found'].map((title) => ({ title }));
    terminal.print(
      textTable(
        columns,
        differences.map(({ table, what, name, kind, expected, found }) => [
          table,
          what,
          name ?? '',
          kind,
          expected ?? '',
          found ?? '',
        ]),
      ),
    );
    terminal.print(`${differences.length} differences`);
    return;
  }
  for (const { kind, what, table, name, expected, found, fix } of differences) {
    const place = name === null ? table : `${table}.${name}`;
    terminal.print(
      `-- ${what} ${place} is ${kind}: ${expected ?? 'nothing'} expected, ${found ?? 'nothing'} found`,
    );
    for (const { sql } of fix) terminal.print(`${sql};`);
    if (fix.length === 0) terminal.print('-- to be decided by a person: data may depend on it');
  }
}
