import { expect, test } from 'vitest';
import { Snapshots } from './snapshots.ts';
import type { Outcome } from './work/lane.ts';

const answer = (text: string): Outcome => ({
  kind: 'done',
  answer: { text, kept: null, ended: 'done', database: null },
});
const failure = (code: string): Outcome => ({
  kind: 'failed',
  failure: { code, message: '', next: '', needsConfirmation: [] },
});

/** A database that is asked, and counts how often. */
function database() {
  const asked: ((outcome: Outcome) => void)[] = [];
  return { asked, ask: () => new Promise<Outcome>((resolve) => asked.push(resolve)) };
}

test('ten who ask at once are one question', async () => {
  const snapshots = new Snapshots();
  const { asked, ask } = database();
  const ten = Promise.all(Array.from({ length: 10 }, () => snapshots.get('q', 1_000, ask)));
  expect(asked).toHaveLength(1);
  asked[0]?.(answer('1'));
  expect(new Set((await ten).map((one) => one.kind === 'document' && one.answer.text))).toEqual(
    new Set(['1']),
  );
});

test('after a change nobody is shown what was before it', async () => {
  const snapshots = new Snapshots();
  expect(await snapshots.get('q', 60_000, async () => answer('before'))).toMatchObject({
    answer: { text: 'before' },
  });
  snapshots.forget();
  expect(await snapshots.get('q', 60_000, async () => answer('after'))).toMatchObject({
    answer: { text: 'after' },
  });
});

test('what was asked before a change is not shown after it', async () => {
  const snapshots = new Snapshots();
  const { asked, ask } = database();
  const early = snapshots.get('q', 60_000, ask);
  snapshots.forget();
  const late = snapshots.get('q', 60_000, ask);
  expect(asked).toHaveLength(2);
  asked[1]?.(answer('after'));
  asked[0]?.(answer('before'));
  await early;
  expect(await late).toMatchObject({ answer: { text: 'after' } });
});

test('a database that does not answer leaves what was seen last, and says why; another failure does not', async () => {
  const snapshots = new Snapshots();
  await snapshots.get('q', 0, async () => answer('1'));
  expect(await snapshots.get('q', 0, async () => failure('SERVER_UNREACHABLE'))).toMatchObject({
    kind: 'document',
    answer: { text: '1' },
    failure: { code: 'SERVER_UNREACHABLE' },
  });
  expect(await snapshots.get('q', 0, async () => failure('NOT_MIGRATED'))).toMatchObject({
    kind: 'failure',
    failure: { code: 'NOT_MIGRATED' },
  });
});
