/** What a server shows of itself, or why this account does not get to see it: what is unknown is not zero. */
export type Sight<T> =
  | { readonly visible: true; readonly seen: T }
  | {
      readonly visible: false;
      /** As the end of a sentence that begins with `it cannot be seen`, as in `as user x may not read y`. */
      readonly why: string;
      /** The statement that would show it, for somebody who may say it; null where there is none. */
      readonly remedy: string | null;
    };
