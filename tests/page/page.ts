/** The page that administrators work from, taken apart: the commands it prints, as they stand there. */
import { readFileSync } from 'node:fs';

const PAGE = readFileSync(new URL('./database-maintenance.txt', import.meta.url), 'utf8');

/** The page's table of tables: a name a paragraph, after the heading. */
export function coreTables(): string[] {
  const section = between('Core Database Tables', 'Cleaning Up Old Data');
  return section
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => /^[a-z_]+$/.test(paragraph));
}

/** Shell commands that run SQL through the client, whole, in the order of the page. */
export function sqlCommands(client: 'mysql' | 'psql'): string[] {
  const start = client === 'mysql' ? 'mysql -u root' : 'sudo -u postgres psql';
  const commands: string[] = [];
  for (let at = PAGE.indexOf(start); at >= 0; at = PAGE.indexOf(start, at + 1)) {
    const open = PAGE.indexOf('"', at);
    commands.push(PAGE.slice(at, PAGE.indexOf('"', open + 1) + 1));
  }
  return commands;
}

/** Every call of Phinx, as `phinx …`, without the path and the user it is run with. */
export function phinxCommands(): string[] {
  const joined = PAGE.replace(/\\\n\s*/g, '');
  const calls = [...joined.matchAll(/(?:vendor\/bin\/|: )(phinx (?:status|migrate|rollback)[^\n]*)/g)];
  return calls.map((call) => (call[1] ?? '').trim());
}

/** Lines that call our own program. */
export function ownCommands(): string[] {
  return [...PAGE.matchAll(/^\s*(multiflexi-cli [^\n]+)$/gm)].map((call) => (call[1] ?? '').trim());
}

function between(start: string, end: string): string {
  return PAGE.slice(PAGE.indexOf(start) + start.length, PAGE.indexOf(end));
}
