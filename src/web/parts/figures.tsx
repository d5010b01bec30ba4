/** Numbers, sizes and times, written the same way on every page. A size that is not known is not zero. */
import type { VNode } from 'preact';
import { bytes, rows, utcText } from '../../written-numbers.ts';

export function Count({ of }: { readonly of: number | null }): VNode {
  return <span>{of === null ? <Unknown /> : rows(of)}</span>;
}

export function Size({
  of,
  about = false,
}: {
  readonly of: number | null;
  readonly about?: boolean | undefined;
}): VNode {
  if (of === null) return <Unknown />;
  return <>{`${about ? '~' : ''}${bytes(of)}`}</>;
}

/** More or less than before. */
export function Change({ of }: { readonly of: number | null }): VNode {
  if (of === null) return <Unknown />;
  return <>{of === 0 ? 'the same' : `${of > 0 ? '+' : '−'}${bytes(Math.abs(of))}`}</>;
}

/** @param at UTC, as documents have it; null is written as `none` */
export function When({ at, none = 'never' }: { readonly at: string | null; readonly none?: string }): VNode {
  if (at === null) return <span class="muted">{none}</span>;
  const iso = `${at.slice(0, 19).replace(' ', 'T')}Z`;
  return <time dateTime={iso}>{utcText(at)}</time>;
}

export function Share({ of }: { readonly of: number }): VNode {
  return (
    <span class="share">
      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-all" width="100" height="8" />
        <rect class="bar-part" width={Math.min(100, of * 100)} height="8" />
      </svg>
      {`${(of * 100).toFixed(of < 0.1 ? 1 : 0)} %`}
    </span>
  );
}

export function Unknown(): VNode {
  return <span class="muted">unknown</span>;
}
