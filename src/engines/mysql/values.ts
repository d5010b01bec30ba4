/** Values as mysql2 reads them, turned into the contract's types. */
import type { TypeCastField, TypeCastNext } from 'mysql2';

export function readValue(field: TypeCastField, next: TypeCastNext): unknown {
  switch (field.type) {
    case 'LONGLONG': {
      const text = field.string();
      return text === null ? null : BigInt(text);
    }
    case 'TINY': {
      // `boolean` is TINYINT(1) to both servers; the width is what is left of the word.
      if (field.length !== 1) return next();
      const text = field.string();
      return text === null ? null : text !== '0';
    }
    case 'JSON':
      // Its own way to a string warns where it takes the encoding for one that was not chosen.
      return field.buffer()?.toString('utf8') ?? null;
    default:
      return next();
  }
}
