/** What some engines do not take in a JSON text that is valid elsewhere. */

/** How many arrays and objects are in one another. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/gs)) {
    if (part === '[' || part === '{') deepest = Math.max(deepest, ++depth);
    else if (part === ']' || part === '}') depth--;
  }
  return deepest;
}

/** Whether it has an escape of half a character, which is no character. */
export function hasHalfCharacter(text: string): boolean {
  if (!/\\ud[89a-f]/i.test(text)) return false;
  // Escapes in order: a first half must be followed by a second one.
  return /\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f]/i.test(
    unescapedBackslashes(text),
  );
}

/** Whether it has the escape of U+0000. */
export function hasNul(text: string): boolean {
  return text.includes('\\u0000') && /\\u0000/.test(unescapedBackslashes(text));
}

/** Whether it has a number beyond those of 64 bits with a floating point. @param withExponent only one that is written with an exponent */
export function hasHugeNumber(text: string, withExponent = false): boolean {
  if (!/\d{300}|\d[eE]\+?\d{3}/.test(text)) return false;
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs))
    if (!part.startsWith('"') && !Number.isFinite(Number(part)) && (!withExponent || /e/i.test(part)))
      return true;
  return false;
}

/** Without pairs of backslashes: what is left of them begins an escape. */
function unescapedBackslashes(text: string): string {
  return text.replaceAll('\\\\', '  ');
}
