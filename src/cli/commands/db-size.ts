import type { DatabaseSize, Engine } from '../../engines/index.ts';
import { EXIT } from '../../errors.ts';
import { measure } from '../../maintenance/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { bytes, rows } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface SizeOptions {
  readonly exact?: true;
}

export const dbSize: CliCommand<SizeOptions> = {
  description: `Shows rows, data, indexes, total and free space inside of every table, biggest first. Never writes.
On servers rows are the server's estimate (~) unless --exact counts them; on SQLite all is exact.`,
  examples: [
    ['multiflexi-cli db:size', 'sizes of the configured database'],
    ['multiflexi-cli db:size --exact -f json', 'with counted rows, for a script'],
  ],
  options: (command) => {
    command.option('--exact', 'count the rows, which takes longer');
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (engine) => {
      const size = await measure(engine, { exact: options.exact ?? false, signal: terminal.interrupted });
      if (terminal.json) terminal.document(document(engine, size));
      else printSize(engine, size, terminal);
      return EXIT.done;
    }),
};

function document(engine: Engine, size: DatabaseSize) {
  return {
    product: engine.product,
    total_bytes: size.totalBytes,
    free_bytes: size.freeBytes,
    tables: size.tables.map((table) => ({
      table_name: table.name,
      rows: table.rows,
      rows_exact: table.rowsExact,
      data_bytes: table.dataBytes,
      index_bytes: table.indexBytes,
      total_bytes: table.totalBytes,
      free_bytes: table.freeBytes,
    })),
  };
}

export function printSize(engine: Engine, size: DatabaseSize, terminal: Terminal): void {
  terminal.print(`${engine.product}, ${engine.where}`);
  const columns = ['Table', 'Rows', 'Data', 'Indexes', 'Total', 'Free inside'].map((title, index) => ({
    title,
    align: index === 0 ? ('left' as const) : ('right' as const),
  }));
  const lines = size.tables.map((table) => [
    table.name,
    `${table.rowsExact ? '' : '~'}${rows(table.rows)}`,
    bytes(table.dataBytes),
    bytes(table.indexBytes),
    bytes(table.totalBytes),
    table.freeBytes === null ? 'not known' : bytes(table.freeBytes),
  ]);
  terminal.print(textTable(columns, lines));
  terminal.print(
    `Database: ${bytes(size.totalBytes)}, of which free inside: ${size.freeBytes === null ? 'not known' : bytes(size.freeBytes)}`,
  );
}
