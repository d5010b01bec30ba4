import type { DdlStatement } from '../contract/ddl.ts';
import type { DdlDialect, Wording } from './dialect.ts';

/** In the words of now, and in those of the first release where they were others. */
export function inWords(
  dialect: DdlDialect,
  compile: (wording: Wording) => string,
): Pick<DdlStatement, 'sql' | 'knownAs'> {
  const text = compile(dialect);
  const first = compile(ofFirstRelease(dialect));
  return first === text ? { sql: text } : { sql: text, knownAs: first };
}

export function ofFirstRelease(dialect: DdlDialect): Wording {
  return { ...dialect, ...dialect.firstRelease };
}
