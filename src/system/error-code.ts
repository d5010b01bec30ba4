/** The `code` that Node, SQLite and all drivers give their errors, as `ENOENT`; blank where there is none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
