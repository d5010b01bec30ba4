/** How values become JSON, and what type that has. */

/** A value as it is in JSON. */
export type Json<T> = T extends bigint
  ? number | string
  : T extends readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Json<T[Key]> }
      : T;

/** One document. A bigint is written as a number where that is exact, else as text. */
export function jsonText(value: unknown): string {
  const plain = (_: string, item: unknown) =>
    typeof item === 'bigint' ? (Number.isSafeInteger(Number(item)) ? Number(item) : String(item)) : item;
  return `${JSON.stringify(value, plain, 2)}\n`;
}
