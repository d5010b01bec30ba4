/** Indexes made and dropped. */
import { sql } from 'kysely';
import type { DdlStatement } from '../contract/ddl.ts';
import type { IndexDefinition } from '../definition.ts';
import { BRIEF, type Compiler, FREE } from './dialect.ts';

export function createIndex(
  { db, dialect }: Compiler,
  { name, table, columns, unique }: IndexDefinition,
  filled: boolean,
): DdlStatement[] {
  const concurrently = filled && dialect.concurrentIndexes;
  const verb = sql.raw(`create ${unique ? 'unique ' : ''}index ${concurrently ? 'concurrently ' : ''}`);
  const list = sql.join(columns.map((column) => sql.ref(column)));
  return [
    {
      sql: sql`${verb}${sql.ref(name)} on ${sql.table(table)} (${list})`.compile(db).sql,
      summary: `create ${unique ? 'unique ' : ''}index ${name}`,
      effect: { kind: 'index', table, index: name, present: true },
      impact: { table, ...(filled ? dialect.costs.createIndex : FREE) },
      ...(concurrently
        ? { alone: true, clearing: sql`drop index if exists ${sql.ref(name)}`.compile(db).sql }
        : {}),
    },
  ];
}

export function dropIndex({ db, dialect }: Compiler, { name, table }: IndexDefinition): DdlStatement[] {
  const builder = db.schema.dropIndex(name);
  return [
    {
      sql: (dialect.indexBelongsToTable ? builder.on(table) : builder).compile().sql,
      summary: `drop index ${name}`,
      effect: { kind: 'index', table, index: name, present: false },
      impact: { table, ...BRIEF },
    },
  ];
}
