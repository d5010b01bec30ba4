/** A row of figures as a line of blocks. Our own few lines: a gap must be seen as a gap, which the libraries draw as a zero or leave out. */
const BLOCKS = '▁▂▃▄▅▆▇█';
const GAP = '·';

/** From the lowest to the highest figure of them; all the same is the lowest. @param width characters; each is the last known of its figures */
export function sparkline(figures: readonly (number | null)[], width: number): string {
  const shown = Array.from({ length: width }, (_, at) => {
    const [from, to] = [at, at + 1].map((edge) => Math.round((edge * figures.length) / width));
    return figures.slice(from, to).findLast((figure) => figure !== null) ?? null;
  });
  const known = shown.filter((figure) => figure !== null);
  const lowest = Math.min(...known);
  const height = Math.max(...known) - lowest;
  return shown
    .map((figure) => {
      if (figure === null) return GAP;
      return BLOCKS[height === 0 ? 0 : Math.round(((figure - lowest) / height) * (BLOCKS.length - 1))];
    })
    .join('');
}
