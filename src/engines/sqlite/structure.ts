/** SQLite's own checks of a file. Source: https://www.sqlite.org/pragma.html#pragma_integrity_check */
import { type Kysely, sql } from 'kysely';
import type { StructureChecks, Trouble } from '../contract/integrity.ts';

/** Either check reads the whole file: of one that is larger, a quick check would take too long every hour. In bytes. */
const QUICKLY_READ = 64 * 1024 * 1024;
/** Texts that are told of one file. */
const MOST = 20;
/** What is wrong of an index alone, which can be made anew from its table. */
const OF_AN_INDEX =
  /^(?:row \d+ missing from index (\S+)|wrong # of entries in index (\S+)|non-unique entry in index (\S+)|rowid not at end-of-record for row \d+ of index (\S+)|row \d+ values differ from index (\S+))$/i;

export async function structureChecks(
  db: Kysely<unknown>,
  file: string,
  tables: readonly string[],
  depth: 'quick' | 'full',
): Promise<StructureChecks> {
  const { rows } = await sql<{ bytes: bigint }>`
    select p.page_count * s.page_size as bytes from pragma_page_count as p, pragma_page_size as s`.execute(
    db,
  );
  if (depth === 'quick' && Number(rows[0]?.bytes ?? 0n) > QUICKLY_READ)
    return {
      steps: [],
      left: [{ why: 'a file this large is only read when the check is not quick', remedy: null }],
    };
  const check =
    depth === 'quick'
      ? sql`pragma quick_check(${sql.lit(MOST)})`
      : sql`pragma integrity_check(${sql.lit(MOST)})`;
  return {
    steps: [
      {
        what: 'file',
        run: async (session) => {
          const said = await check.execute(session);
          const texts = (said.rows as Readonly<Record<string, unknown>>[]).map((row) =>
            String(Object.values(row)[0]),
          );
          return texts.every((text) => text === 'ok') ? [] : troubles(session, file, texts);
        },
      },
      ...(depth === 'quick'
        ? []
        : [{ what: 'references', run: (session: Kysely<unknown>) => lostReferences(session, tables) }]),
    ],
    left: [],
  };
}

/** An index is told once. */
function troubles(db: Kysely<unknown>, file: string, texts: readonly string[]): Trouble[] {
  const indexOf = (text: string) =>
    OF_AN_INDEX.exec(text)
      ?.slice(1)
      .find((name) => name !== undefined);
  const indexes = new Set(texts.flatMap((text) => indexOf(text) ?? []));
  const others = texts.filter((text) => indexOf(text) === undefined);
  return [
    ...[...indexes].map(
      (name): Trouble => ({
        about: name,
        severity: 'error',
        table: null,
        message: `The index ${name} does not agree with its table: rows may not be found by it.`,
        fix: sql`reindex ${sql.id(name)}`.compile(db).sql,
        safeToLeave: null,
      }),
    ),
    ...(others.length === 0
      ? []
      : [
          {
            about: 'file',
            severity: 'error',
            table: null,
            message: `The file is damaged: ${others.map((text) => text.replaceAll(/\s+/g, ' ')).join('; ')}. Stop what writes to it, and restore a backup; without one, save what can still be read.`,
            fix: `sqlite3 '${file.replaceAll("'", "'\\''")}' .recover | sqlite3 recovered.sqlite`,
            safeToLeave: null,
          } as const,
        ]),
  ];
}

/** Of tables that are not ours; what becomes of rows of ours is known by their foreign keys. */
async function lostReferences(db: Kysely<unknown>, ours: readonly string[]): Promise<Trouble[]> {
  const { rows } = await sql<{ table: string; parent: string; key: bigint; n: bigint }>`
    select "table", parent, fkid as key, count(*) as n from pragma_foreign_key_check
    where "table" not in (select value from json_each(${JSON.stringify(ours)})) group by 1, 2, 3`.execute(db);
  return rows.map(({ table, parent, key, n }) => ({
    about: `references:${table}.${key}`,
    severity: 'warning',
    table,
    message: `In ${table}, which is not MultiFlexi's, rows refer to rows of ${parent} that do not exist: ${n} of them.`,
    fix: sql`delete from ${sql.table(table)} where rowid in (select rowid from pragma_foreign_key_check(${sql.lit(table)}) where fkid = ${sql.lit(Number(key))})`.compile(
      db,
    ).sql,
    safeToLeave: null,
  }));
}
