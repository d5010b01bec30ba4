/** What is known of a change of the database before it begins: a journal of an earlier run, and which databases it means. */
import type { Engine } from '../../engines/index.ts';
import { databaseMark } from '../../schema/index.ts';
import { type Journal, readJournal } from '../../transfer/index.ts';

export type Situation =
  /** The settings name the other database already: a run was killed when all but its last word was done. */
  | { readonly kind: 'done'; readonly journal: Journal }
  | { readonly kind: 'continues'; readonly journal: Journal }
  | { readonly kind: 'returns'; readonly left: Journal }
  /** @param given another change that was begun and not finished */
  | { readonly kind: 'begins'; readonly given: Journal | null };

/** @param file the settings @param back whether the database is wanted that was used before */
export async function situationOf(
  file: string,
  back: boolean,
  source: Engine,
  target: Engine,
): Promise<Situation> {
  const journal = readJournal(file);
  if (journal === null) return { kind: 'begins', given: null };
  const [here, there] = [await databaseMark(source), await databaseMark(target)];
  if (here === there && journal.to.mark === here && journal.phase !== 'copying')
    return { kind: 'done', journal };
  const isSame = journal.from.mark === here && journal.to.mark === there && journal.back === back;
  if (isSame && journal.phase !== 'switched') return { kind: 'continues', journal };
  const isLeft = journal.phase !== 'copying' && journal.to.mark === here && journal.from.mark === there;
  if (back && isLeft) return { kind: 'returns', left: journal };
  return { kind: 'begins', given: journal.phase === 'copying' ? journal : null };
}
