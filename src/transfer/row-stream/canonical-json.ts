/** JSON in one form, whatever an engine has made of it: equal values have equal digests. */

/** What a plain parse may not keep to its last digit; that costs a fraction of one that looks at each number's text. */
const MAYBE_INEXACT = /\d{16}|\d[.eE]/;

/** Engines keep JSON in forms of their own (MySQL sorts keys and spaces it out): keys sorted, no spaces, numbers by value. */
export function canonicalJson(text: string): string {
  if (text.length > LONGEST_KEPT) return newCanonicalJson(text);
  let canonical = KEPT.get(text);
  if (canonical === undefined) {
    canonical = newCanonicalJson(text);
    if (KEPT.size >= MOST_KEPT) KEPT.clear();
    KEPT.set(text, canonical);
  }
  return canonical;
}

/** The jobs of a run template have the same environment: texts that were seen lately, half a megabyte of them at most. */
const KEPT = new Map<string, string>();
const MOST_KEPT = 250;
const LONGEST_KEPT = 1_000;

function newCanonicalJson(text: string): string {
  try {
    return stringify(MAYBE_INEXACT.test(text) ? JSON.parse(text, keepIntegers) : JSON.parse(text));
  } catch {
    // Nested too deep for us, or none at all: then it is equal only to itself.
    return text;
  }
}

/**
 * Numbers by value: `1`, `1.0` and `1e0` are one. An integer of 64 bits is kept to its last digit; a larger one is a
 * double, which is what MySQL makes of it.
 */
function keepIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined) return value;
  if (!Number.isFinite(value)) return `number ${source}`;
  if (Math.abs(value) >= 2 ** 64) return value;
  if (/^-?\d+$/.test(source)) return BigInt(source);
  return Number.isInteger(value) ? BigInt(value) : value;
}

function stringify(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of Object.keys(members).sort())
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${stringify(members[key])}`;
  return `{${text}}`;
}
