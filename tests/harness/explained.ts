/** The plan of a statement as the server tells it: whether it reads by an index what it must not scan. */
import { type Compilable, CompiledQuery, type RawBuilder } from 'kysely';
import { expect } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';

const EXPLAIN: Readonly<Record<string, string>> = {
  sqlite: 'explain query plan',
  mysql: 'explain format=json',
  mariadb: 'explain format=json',
  postgresql: 'explain',
};

export async function explained(engine: Engine, query: Compilable | RawBuilder<unknown>): Promise<string> {
  const db = engine.kysely<unknown>();
  const { sql: text, parameters } = query.compile(db as never);
  const { rows } = await db.executeQuery(
    CompiledQuery.raw(`${EXPLAIN[engine.name]} ${text}`, [...parameters]),
  );
  return rows.map((row) => Object.values(row as object).join(' ')).join('\n');
}

/** No scan of a table, and no sort. */
export async function expectIndex(
  engine: Engine,
  query: Compilable | RawBuilder<unknown>,
  index: string | RegExp,
): Promise<void> {
  const plan = await explained(engine, query);
  expect(plan).toMatch(index);
  expect(plan).not.toMatch(SCANS[engine.name] ?? /./);
}

const SCANS: Readonly<Record<string, RegExp>> = {
  // A walk over what the statement itself has made is none, and one over an index ends at its LIMIT.
  sqlite: /SCAN (?!walk|found|v\b|one\b|place\b|\(|CONSTANT|\w+ USING COVERING INDEX)|TEMP B-TREE/,
  mysql: /filesort|"operation": "(Sort|Table scan on (?!v\b|one\b|place\b|<))/,
  mariadb: /filesort|"table_name": "[^<"][^"]*",\s*"access_type": "ALL"/,
  postgresql: /Seq Scan|Sort /,
};
