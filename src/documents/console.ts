/** Where the console is to be opened. */
export function consoleDocument(url: string) {
  return { url };
}
