/** Text that others have chosen, such as names of files and tables, as part of a line for people, logs and files. */

/** Control characters, what changes the direction of writing, and what ends a line, as escapes: `\u{1b}`. */
export function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
