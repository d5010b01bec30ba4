/** A state by its word and its sign: colour alone says nothing to many. */
import type { VNode } from 'preact';

export type Tone = 'ok' | 'warn' | 'fail' | 'unknown' | 'plain';

const SIGNS: Readonly<Record<Tone, string>> = { ok: '✓', warn: '!', fail: '✕', unknown: '?', plain: '·' };

export function Mark({ tone, word }: { readonly tone: Tone; readonly word: string }): VNode {
  return (
    <span class={`mark ${tone}`}>
      <span class="sign" aria-hidden="true">
        {SIGNS[tone]}
      </span>
      {word}
    </span>
  );
}
