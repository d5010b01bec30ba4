/** Lets the database read while this process works on what has been read. */

/** The same items; the next one is on its way while one is worked on. Nothing is on its way any more when it ends, however it ends. */
export async function* readAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (let item = await next; !item.done; item = await next) {
      next = source.next();
      // Whoever works on the item may fail first; else it is thrown where it is waited for.
      next.catch(() => {});
      yield item.value;
    }
  } finally {
    await next.catch(() => {});
    await source.return(undefined);
  }
}
