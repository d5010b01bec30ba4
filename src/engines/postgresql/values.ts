/** Values as `pg` reads them, turned into the contract's types. */
import pg from 'pg';

const { builtins, getTypeParser } = pg.types;

/** Sessions are in UTC and ISO style, so the text is `2026-01-31 12:00:00.5+00`; ours has six digits and no offset. */
function readInstant(text: string): string {
  const [, seconds, fraction = ''] = /^(.{19})(?:\.(\d+))?\+00$/.exec(text) ?? [];
  // Infinity and years before Christ are not of this form; they are shown as they are.
  return seconds === undefined ? text : `${seconds}.${fraction.padEnd(6, '0')}`;
}

const READERS: Readonly<Record<number, (text: string) => unknown>> = {
  [builtins.INT8]: BigInt,
  [builtins.TIMESTAMPTZ]: readInstant,
  [builtins.JSON]: (text) => text,
  [builtins.JSONB]: (text) => text,
};

export const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    READERS[oid] ?? getTypeParser(oid, format ?? 'text')) as pg.CustomTypesConfig['getTypeParser'],
};
