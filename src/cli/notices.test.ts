import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TaskNotice } from '../tasks/index.ts';
import { noticeTeller } from './notices.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

function waitingAt(step: number): TaskNotice {
  const migration = { direction: 'up', version: '1', name: 'one', steps: 2, summary: 'alter job' } as const;
  return { kind: 'migration', progress: { ...migration, event: 'waiting', step } };
}

test('a step that waits for a lock says so once a minute, however often it tries, and the next one at once', () => {
  const said: string[] = [];
  const tell = noticeTeller({
    json: false,
    verbose: false,
    wasAsked: () => false,
    say: (line) => said.push(line),
  });
  for (let second = 0; second < 90; second += 4) {
    tell(waitingAt(1));
    vi.advanceTimersByTime(4_000);
  }
  tell(waitingAt(2));
  const line = "alter job: waiting for another session's lock";
  expect(said).toEqual([`  1/2 ${line}`, `  1/2 ${line}`, `  2/2 ${line}`]);
});
