/**
 * A size over days, drawn on the server: it needs no script, prints, and follows the light. Days without a sample are gaps.
 * A table beside it has the numbers.
 */
import type { VNode } from 'preact';
import { bytes, counted } from '../../written-numbers.ts';
import { Table } from './table.tsx';

const WIDTH = 600;
const HEIGHT = 140;

export function Curve({
  daily,
  label,
}: {
  readonly daily: readonly (number | null)[];
  readonly label: string;
}): VNode | null {
  const known = daily.filter((one) => one !== null);
  if (known.length < 2) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const height = (value: number) =>
    high === low ? HEIGHT / 2 : HEIGHT - ((value - low) / (high - low)) * HEIGHT;
  const at = (day: number) => (day / (daily.length - 1)) * WIDTH;
  return (
    <figure class="curve" aria-label={label}>
      <svg
        viewBox={`-4 -8 ${WIDTH + 8} ${HEIGHT + 16}`}
        role="img"
        aria-label={`${label}: from ${bytes(known[0] ?? 0)} to ${bytes(known.at(-1) ?? 0)}`}
      >
        <line class="axis" x1="0" y1={HEIGHT + 4} x2={WIDTH} y2={HEIGHT + 4} />
        {strokes(daily).map((stroke) =>
          stroke.length === 1 ? (
            stroke.map(({ day, value }) => <circle class="dot" cx={at(day)} cy={height(value)} r="2.5" />)
          ) : (
            <polyline
              class="line"
              points={stroke
                .map(({ day, value }) => `${at(day).toFixed(1)},${height(value).toFixed(1)}`)
                .join(' ')}
            />
          ),
        )}
      </svg>
      <figcaption>
        <span>{daily.length} days ago</span>
        <span>
          {bytes(low)} – {bytes(high)}
        </span>
        <span>today</span>
      </figcaption>
      <details>
        <summary>
          As a table<span class="unseen">: {label}</span>
        </summary>
        <Table
          caption={label}
          rows={figuresOf(daily)}
          columns={[
            { head: 'When', cell: ({ ago }) => (ago === 0 ? 'today' : `${counted(ago, 'day')} ago`) },
            {
              head: 'Size',
              number: true,
              cell: ({ value }) => (value === null ? 'no sample' : bytes(value)),
            },
          ]}
        />
      </details>
    </figure>
  );
}

/** As many as can be read through: the oldest and the newest one are among them. */
const FIGURES = 15;

function figuresOf(daily: readonly (number | null)[]): { ago: number; value: number | null }[] {
  const last = daily.length - 1;
  const count = Math.min(FIGURES, daily.length);
  return Array.from({ length: count }, (_, at) => {
    const day = Math.round((at / (count - 1)) * last);
    return { ago: last - day, value: daily[day] ?? null };
  });
}

/** A small one, for a row of a table. */
export function Spark({ daily }: { readonly daily: readonly (number | null)[] }): VNode | null {
  const known = daily.filter((one) => one !== null);
  if (known.length < 2) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const height = (value: number) => (high === low ? 8 : 16 - ((value - low) / (high - low)) * 16);
  const points = strokes(daily);
  return (
    <svg class="spark" viewBox="-1 -1 82 18" aria-hidden="true">
      {points.map((stroke) => (
        <polyline
          class="line"
          points={stroke
            .map(
              ({ day, value }) =>
                `${((day / (daily.length - 1)) * 80).toFixed(1)},${height(value).toFixed(1)}`,
            )
            .join(' ')}
        />
      ))}
    </svg>
  );
}

interface Point {
  readonly day: number;
  readonly value: number;
}

/** Days in a row that have a sample. */
function strokes(daily: readonly (number | null)[]): Point[][] {
  const found: Point[][] = [];
  let current: Point[] | undefined;
  for (const [day, value] of daily.entries()) {
    if (value === null) current = undefined;
    else if (current) current.push({ day, value });
    else {
      current = [{ day, value }];
      found.push(current);
    }
  }
  return found;
}
