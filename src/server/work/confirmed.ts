/** What was confirmed, as tasks take it. */
import type { Confirmed } from '../../tasks/index.ts';

export function confirmedOf(
  given: readonly {
    readonly kind: Exclude<Confirmed, string>[number]['kind'];
    readonly confirmed_by: string;
  }[],
): Confirmed {
  return given.map(({ kind, confirmed_by }) => ({ kind, confirmedBy: confirmed_by }));
}
