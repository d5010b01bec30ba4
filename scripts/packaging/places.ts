/** Where packages are made. */
import { fileURLToPath } from 'node:url';

export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
/** Ignored by git; everything in it can be made anew. */
export const BUILD = `${CHECKOUT}build`;
