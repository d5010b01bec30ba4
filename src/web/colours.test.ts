/** The colours of the console, as people see them who lack one of the three kinds of cones, in both lights. */
import { readFileSync } from 'node:fs';
import {
  type Color,
  converter,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
} from 'culori';
import { describe, expect, test } from 'vitest';

const CSS = readFileSync(new URL('browser/console.css', import.meta.url), 'utf8');
/** Of custom properties, by their name: in the light and in the dark. */
const COLOURS = new Map(
  [...CSS.matchAll(/--([\w-]+): light-dark\(([^,]+), ([^)]+)\);/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

/**
 * Side by side a difference of 2 can be seen; as words and thin lines, apart from one another, it takes several times that.
 * https://www.w3.org/TR/WCAG22 asks for contrasts of 4.5 for text, and of 3 for what is drawn.
 */
const DIFFERENT = 12;
const READABLE = 4.5;
const VISIBLE = 3;

const linear = converter('lrgb');
const difference = differenceCiede2000();

/**
 * Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, at full severity.
 * Their matrices are of linear light, which the filter is not told: it takes the figures that it is given.
 */
function seenBy(filter: ReturnType<typeof filterDeficiencyProt>): (colour: Color) => Color {
  return (colour) => {
    const { r, g, b } = linear(colour);
    const seen = filter({ mode: 'rgb', r, g, b });
    const within = (part: number) => Math.min(1, Math.max(0, part));
    return { mode: 'lrgb', r: within(seen.r), g: within(seen.g), b: within(seen.b) };
  };
}

const SIGHTS = {
  'all cones': (colour: Color) => colour,
  protanopia: seenBy(filterDeficiencyProt(1)),
  deuteranopia: seenBy(filterDeficiencyDeuter(1)),
  tritanopia: seenBy(filterDeficiencyTrit(1)),
};

describe.each(['light', 'dark'] as const)('in the %s', (light) => {
  describe.each(Object.entries(SIGHTS))('with %s', (_, seen) => {
    const colour = (name: string): Color => {
      const found = parse(COLOURS.get(name)?.[light] ?? '');
      if (!found) throw new Error(`the style sheet has no colour of the name ${name}`);
      return seen(found);
    };

    test.each([
      ['ok', 'warn'],
      ['ok', 'fail'],
      ['warn', 'fail'],
      // A curve and its axis, a bar and what it is a part of.
      ['accent', 'line'],
    ])('%s and %s are two colours', (one, other) => {
      expect(difference(colour(one), colour(other))).toBeGreaterThan(DIFFERENT);
    });

    test.each(['ok', 'warn', 'fail'])('%s can be read wherever it stands', (name) => {
      for (const behind of ['card', 'page', `${name}-page`])
        expect([behind, wcagContrast(colour(name), colour(behind)) >= READABLE]).toEqual([behind, true]);
    });

    test('a curve can be seen on its card', () => {
      expect(wcagContrast(colour('accent'), colour('card'))).toBeGreaterThan(VISIBLE);
    });
  });
});
