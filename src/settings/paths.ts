/**
 * Paths as people write them for a shell, another program or another system. Taken literally, each would be a new file
 * of that very name, and the command would work on that.
 */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** @returns the end of a sentence that says what to write instead; undefined for a path that is one */
export function pathFault(text: string, home: string | undefined): string | undefined {
  const fault = shellFault(text, home ?? homeDirectory());
  if (fault === undefined) return undefined;
  // An earlier run may have made it, and then it is the one that has the rows.
  return existsSync(text) ? `${fault}; a file of exactly that name is at ${resolve(text)}` : fault;
}

/** As {@link pathFault}, for the file of an SQLite database. */
export function sqliteFileFault(text: string, home: string | undefined): string | undefined {
  if (text.startsWith(':'))
    return `is ${text}, a database that is gone when the command ends: write the path of a file`;
  const plain = withoutScheme(text);
  if (plain !== undefined) return `is a URL: write the path alone${suggested(plain, home)}`;
  return (
    pathFault(text, home) ??
    (isDirectory(text)
      ? `is a directory: write the path of a file, as ${join(resolve(text), 'multiflexi.sqlite')}`
      : undefined) ??
    queryFault(text)
  );
}

const HOME = /^(?:~|\$HOME|\$\{HOME\})(?=\/|$)/;

function shellFault(text: string, home: string | undefined): string | undefined {
  if (HOME.test(text))
    return `is not expanded as a shell would: write ${home === undefined ? 'the absolute path' : text.replace(HOME, () => home)}`;
  if (/^[~$]/.test(text) || (/\$[{(]/.test(text) && !existsSync(text)))
    return 'is not expanded as a shell would: write the absolute path';
  if (process.platform !== 'win32' && text.includes('\\') && !existsSync(text))
    return 'has backslashes in it: write a path of this machine, with slashes';
  if (process.platform !== 'win32' && /^[A-Za-z]:\//.test(text))
    return 'is a path of Windows: write one of this machine';
  return undefined;
}

/** What stands behind `sqlite:`, `sqlite3://`, `file:` and the like; blank where that would have to be guessed. */
function withoutScheme(text: string): string | undefined {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+]+):(.*)$/is.exec(text) ?? [];
  if (
    scheme === undefined ||
    !(/^(sqlite|sqlite3|file|jdbc|pdo_sqlite)$/i.test(scheme) || rest.startsWith('//'))
  )
    return undefined;
  if (!/^(sqlite|sqlite3|file|pdo_sqlite)$/i.test(scheme)) return '';
  const path = rest.replace(/\?.*$/s, '').replace(/^\/{2,}/, '/');
  return path.startsWith(':') ? '' : path;
}

function suggested(path: string, home: string | undefined): string {
  if (path === '' || path === '/') return '';
  return `, ${HOME.test(path) ? path.replace(HOME, () => home ?? homeDirectory() ?? '~') : resolve(path)}`;
}

function queryFault(text: string): string | undefined {
  const query = /\?\w+=.*$/s;
  return query.test(text) && !existsSync(text)
    ? `has options behind a question mark: write the path alone, ${resolve(text.replace(query, ''))}`
    : undefined;
}

function isDirectory(path: string): boolean {
  if (path.endsWith('/')) return true;
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Whatever keeps it from being looked at is told when it is opened.
  }
}

function homeDirectory(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}
