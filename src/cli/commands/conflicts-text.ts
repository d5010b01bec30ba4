/** Which rows a restore has left out, and why. */
import type { RestoredTable } from '../../tasks/index.ts';
import { counted, rows } from '../numbers.ts';

type Conflicts = Pick<RestoredTable, 'conflicts' | 'conflictKeys' | 'conflictReasons'>;

export function conflictsText({ conflicts, conflictKeys, conflictReasons }: Conflicts): string {
  const named = conflictKeys.map((key, at) => `\n  ${key}: ${conflictReasons[at] ?? ''}`).join('');
  const more = conflicts > conflictKeys.length ? `\n  and ${rows(conflicts - conflictKeys.length)} more` : '';
  return `${counted(conflicts, 'row was', 'rows were')} left out:${named}${more}`;
}
